import Analysis
import Analyzers
import Checking
import Support
import Testing
import Wire

@testable import Pipeline

/// Edits that keep the length move nothing, so that they are possible wherever the bytes are.
@Suite("Edits of the same length")
struct SameLengthTests {
  private static func chain(_ find: String = "alice", _ with: String = "ECILA") throws
    -> [ChainLink]
  {
    let settings = ["find": find, "with": with].mapValues { Array($0.utf8) }
    let options = try Options(settings, settings: ReplaceAnalyzer.settings)
    return [ChainLink(name: "replace", analyzer: try ReplaceAnalyzer(options))]
  }

  private static func text(_ frames: [CapturedFrame]) -> String {
    frames.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
  }

  private static func expectEdited(
    _ frames: [CapturedFrame], _ configure: (inout RunConfiguration) -> Void = { _ in }
  ) throws -> Outcome {
    let outcome = try run(frames, chain(), configure)
    #expect(outcome.summary.deferral.edits == 1)
    #expect(!text(outcome.sink.frames).contains("alice"))
    #expect(text(outcome.sink.frames).contains("ECILA"))
    #expect(outcome.sink.frames.map(\.bytes.count) == frames.map(\.bytes.count))
    #expect(judge(outcome.sink.frames).errors.map(\.name) == judge(frames).errors.map(\.name))
    // Nothing else has changed, but for the checksums.
    let again = try run(outcome.sink.frames, chain("ECILA", "alice"), configure)
    #expect(again.sink.frames == frames)
    return outcome
  }

  @Test("In a SYN with data", arguments: Conversation.Family.allCases)
  func fastOpen(family: Conversation.Family) throws {
    let talk = Conversation(family)
    talk.originator.opens(data: "hello alice")
    talk.responder.answers()
    talk.originator.acknowledges()
    talk.closes()
    _ = try Self.expectEdited(talk.frames)
  }

  @Test("In a SYN with data, of another length")
  func fastOpenGrows() throws {
    let talk = Conversation()
    talk.originator.opens(data: "hello alice")
    talk.responder.answers()
    talk.originator.acknowledges()
    talk.originator.sends("more")
    talk.responder.acknowledges()
    talk.closes()
    let outcome = try run(talk.frames, Self.chain("alice", "bartholomew"))
    #expect(Self.text(outcome.sink.frames).contains("hello bartholomew"))
    #expect(judge(outcome.sink.frames).errors.isEmpty)
    #expect(outcome.sink.frames.count == talk.frames.count)
  }

  @Test("In a segment that the capture cut", arguments: Conversation.Family.allCases)
  func truncated(family: Conversation.Family) throws {
    let talk = Conversation(family)
    talk.opens()
    talk.originator.sends("hello alice, how are you")
    talk.cutLast(by: 7)
    talk.responder.acknowledges()
    talk.originator.sends("more")
    talk.responder.acknowledges()
    talk.closes()
    let outcome = try Self.expectEdited(talk.frames)
    let longer = try run(talk.frames, Self.chain("alice", "bartholomew"))
    #expect(longer.summary.analyzers[0].obstacles == ["truncated": 1])
    #expect(longer.sink.frames == talk.frames)
    #expect(outcome.sink.frames[3].originalLength == talk.frames[3].originalLength)
  }

  @Test("In a datagram that the capture cut", arguments: Conversation.Family.allCases, [1, 12, 19])
  func truncatedDatagram(family: Conversation.Family, cut: Int) throws {
    let talk = Conversation(family)
    talk.originator.datagram("alice, hello, how are you")
    talk.cutLast(by: cut)
    talk.responder.datagram("fine")
    _ = try Self.expectEdited(talk.frames)
    let longer = try run(talk.frames, Self.chain("alice", "bartholomew"))
    #expect(longer.summary.analyzers[0].obstacles == ["truncated": 1])
    #expect(longer.sink.frames == talk.frames)
  }

  @Test("The resets made of a segment that the capture cut have right checksums")
  func resetsOfTruncated() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("hello alice, how are you")
    talk.cutLast(by: 7)
    talk.responder.acknowledges()
    let outcome = try run(talk.frames, Self.resetting())
    #expect(outcome.sink.frames.contains { $0.bytes[47] & 4 != 0 })
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }

  @Test("A segment that came in fragments is replaced by resets")
  func resetsOfFragmented() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("hello alice, how are you")
    let segment = talk.takesOffLast()
    for range in [0..<24, 24..<segment.count] {
      talk.sendsFragment(
        segment[range], from: talk.originator, at: range.lowerBound, more: range.lowerBound == 0,
        protocol: .tcp)
    }
    talk.responder.acknowledges()
    let outcome = try run(talk.frames, Self.resetting())
    #expect(outcome.sink.frames.count == 5)
    #expect(outcome.sink.frames.suffix(2).allSatisfy { $0.bytes[47] & 4 != 0 })
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }

  private static func resetting() throws -> [ChainLink] {
    let settings = ["find": "alice", "action": "reset"].mapValues { Array($0.utf8) }
    let options = try Options(settings, settings: DenyMatchAnalyzer.settings)
    return [ChainLink(name: "deny-match", analyzer: try DenyMatchAnalyzer(options))]
  }

  @Test("In one direction alone, of any length", arguments: ["ECILA", "bartholomew", "al", ""])
  func oneSided(word: String) throws {
    let talk = Conversation()
    talk.opens()
    for number in 0..<5 { talk.originator.sends("\(number) alice ") }
    talk.originator.finishes()
    let frames = talk.frames.filter { $0.bytes[29] == talk.frames[0].bytes[29] }
    let outcome = try run(frames, Self.chain("alice", word))
    #expect(outcome.summary.deferral.edits == 5)
    #expect(judge(outcome.sink.frames).errors.isEmpty)
  }

  @Test(
    "In a datagram that came in fragments, whichever comes last", arguments: [0, 1, 2],
    [false, true])
  func fragments(last: Int, isIPv6: Bool) throws {
    let talk = Conversation(isIPv6 ? .ipv6 : .ipv4)
    talk.originator.datagram(
      String(repeating: ".", count: 1500) + "hello alice" + String(repeating: "-", count: 880))
    let datagram = talk.takesOffLast()
    let ranges = [0..<800, 800..<1600, 1600..<datagram.count]
    for index in [0, 1, 2].filter({ $0 != last }) + [last] {
      talk.sendsFragment(
        datagram[ranges[index]], from: talk.originator, at: ranges[index].lowerBound,
        more: index < 2, protocol: .udp)
    }
    let outcome = try run(talk.frames, Self.chain())
    #expect(outcome.summary.deferral.edits == 1)
    #expect(outcome.sink.frames.count == 3)
    #expect(!Self.text(outcome.sink.frames).contains("alice"))
    let again = reassemble(outcome.sink.frames)
    let text = again.sockets.map { $0.text(.out) }.joined()
    #expect(text.contains(".hello ECILA-") && text.count == 2391)
    #expect(again.weirds.isEmpty, "\(again.weirds)")
    if last == 2 {
      let sizes = outcome.sink.frames.map(\.bytes.count)
      #expect(sizes == talk.frames.map(\.bytes.count))
    }
    let grown = try run(talk.frames, Self.chain("alice", "bartholomew"))
    #expect(grown.summary.analyzers[0].obstacles == ["fragmented": 1])
    #expect(grown.sink.frames == talk.frames)
  }

  @Test("A datagram that holds an IP packet is not edited")
  func tunnel() throws {
    let talk = Conversation()
    talk.originator.datagram("hello alice")
    let inner = talk.frames[0].bytes.dropFirst(14)
    for header in [[], [UInt8](repeating: 8, count: 8) + [UInt8](repeating: 2, count: 14)] {
      let outer = Conversation(client: 7)
      outer.originator.datagram(header + inner)
      let outcome = try run(outer.frames, Self.chain())
      #expect(outcome.summary.analyzers[0].obstacles == ["tunnel": 1])
      #expect(outcome.sink.frames == outer.frames)
    }
  }
}
