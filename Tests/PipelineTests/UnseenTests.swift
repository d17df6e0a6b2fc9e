import Analysis
import Analyzers
import Support
import Testing
import Wire

@testable import Deferral
@testable import Pipeline

/// Payload that is no stream data: how much of it there is is said, and it is left out on demand.
@Suite("Payload that no analyzer saw")
struct UnseenTests {
  private static func link(_ name: String = "replace") throws -> ChainLink {
    let settings = ["find": "alice", "with": "bartholomew"].mapValues { Array($0.utf8) }
    let options = try Options(settings, settings: ReplaceAnalyzer.settings)
    return ChainLink(name: name, analyzer: try ReplaceAnalyzer(options))
  }

  /// A talk with a word, something unseen before the ends close, and how often each reason is named.
  private static func outcome(
    _ policy: DeferralConfiguration.UnseenPolicy, closes: Bool = true,
    _ unseen: (Conversation) -> Void
  ) throws -> (frames: [CapturedFrame], outcome: Outcome, reasons: [String: UInt64]) {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("hello alice")
    talk.responder.acknowledges()
    unseen(talk)
    if closes { talk.closes() }
    let result = try run(talk.frames, [Self.link()]) { $0.deferral.onUnseen = policy }
    var reasons: [String: UInt64] = [:]
    for (reason, packets) in result.summary.unseen.all { reasons[reason.name] = packets }
    return (talk.frames, result, reasons)
  }

  private static func text(_ frames: [CapturedFrame]) -> String {
    frames.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
  }

  /// What is unseen, and the reason.
  static let kinds: [(String, @Sendable (Conversation) -> Void)] = [
    (
      "bad_checksum",
      { talk in
        talk.originator.segment(
          [.ack], sequence: talk.originator.sequence(11),
          acknowledgment: talk.responder.sequence(0), Array("secret".utf8))
        talk.changeLast { $0.bytes[50] ^= 0xFF }
      }
    ),
    (
      "out_of_window",
      { talk in
        talk.originator.segment(
          [.ack], sequence: talk.originator.sequence(900_000),
          acknowledgment: talk.responder.sequence(0), Array("secret".utf8))
      }
    ),
    (
      "conflict",
      { talk in
        talk.originator.segment(
          [.ack], sequence: talk.originator.sequence(0),
          acknowledgment: talk.responder.sequence(0), Array("secret".utf8))
      }
    ),
    (
      "bad_flags",
      { talk in
        talk.originator.segment(
          [.psh], sequence: talk.originator.sequence(11), acknowledgment: 0, Array("secret".utf8))
      }
    ),
    (
      "bad_ack",
      { talk in
        talk.originator.segment(
          [.ack], sequence: talk.originator.sequence(11),
          acknowledgment: talk.responder.sequence(1 << 30), Array("secret".utf8))
      }
    ),
    (
      "before_start",
      { talk in
        talk.originator.segment(
          [.ack], sequence: talk.originator.sequence(-30),
          acknowledgment: talk.responder.sequence(0), Array("secret".utf8))
      }
    ),
    (
      "syn_data",
      { talk in
        talk.originator.segment(
          [.syn, .ack], sequence: talk.originator.sequence(11),
          acknowledgment: talk.responder.sequence(0), Array("secret".utf8))
      }
    ),
    (
      "other_protocol",
      { talk in
        talk.append(Self.packet(protocol: 132, Array("secret".utf8)))
      }
    ),
    (
      "not_ip",
      { talk in
        talk.append([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x89, 0x09] + Array("secret".utf8))
      }
    ),
  ]

  private static func packet(protocol number: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var headers = FrameHeaders(
      ethernet: EthernetHeader(destination: MACAddress(1), source: MACAddress(2)),
      ip: IPHeader(source: IPAddress(ipv4: 0x0A00_0001), destination: IPAddress(ipv4: 0x0A00_0002)))
    headers.ip.protocol = IPProtocol(rawValue: number)
    var bytes: [UInt8] = []
    payload.withRawSpan { headers.append(payload: $0, to: &bytes) }
    return bytes
  }

  @Test("It is counted by its reason, and written or left out", arguments: kinds.indices)
  func reasons(index: Int) throws {
    let (name, unseen) = Self.kinds[index]
    let (frames, allowed, reasons) = try Self.outcome(.allow, unseen)
    #expect(reasons == [name: 1])
    #expect(allowed.sink.frames.count == frames.count)
    #expect(Self.text(allowed.sink.frames).contains("secret"))
    let (_, dropped, again) = try Self.outcome(.drop, unseen)
    #expect(again == reasons)
    #expect(dropped.sink.frames.count == frames.count - 1)
    #expect(!Self.text(dropped.sink.frames).contains("secret"))
    #expect(Self.text(dropped.sink.frames).contains("hello bartholomew"))
    #expect(judge(dropped.sink.frames).errors.isEmpty, "\(name)")
  }

  @Test("Refused text in whose place a gap is left")
  func underGap() throws {
    let (_, dropped, reasons) = try Self.outcome(.drop, closes: false) { talk in
      talk.originator.segment(
        [.ack], sequence: talk.originator.sequence(11),
        acknowledgment: talk.responder.sequence(1 << 30), Array("secret".utf8))
      talk.originator.segment(
        [.ack], sequence: talk.originator.sequence(40),
        acknowledgment: talk.responder.sequence(0), Array("more".utf8))
    }
    #expect(reasons == ["bad_ack": 1])
    #expect(!Self.text(dropped.sink.frames).contains("secret"))
    #expect(Self.text(dropped.sink.frames).contains("more"))
  }

  @Test("Text that comes when a gap was left in its place")
  func afterGap() throws {
    let unseen: (Conversation) -> Void = { talk in
      talk.originator.sends("more", at: 40)
      // The receiver has what the capture lacks.
      talk.responder.acknowledges(44)
      for number in 0..<10 { talk.originator.sends("more", at: 44 + 4 * number) }
      talk.originator.sends("secret", at: 11)
    }
    let (_, allowed, reasons) = try Self.outcome(.allow, closes: false, unseen)
    #expect(reasons == ["after_gap": 1])
    #expect(Self.text(allowed.sink.frames).contains("secret"))
    let (_, dropped, again) = try Self.outcome(.drop, closes: false, unseen)
    #expect(again == reasons)
    #expect(!Self.text(dropped.sink.frames).contains("secret"))
    #expect(Self.text(dropped.sink.frames).contains("more"))
  }

  @Test("A reset behind text that was left out has the number that is expected")
  func resetBehind() throws {
    let (frames, dropped, reasons) = try Self.outcome(.drop, closes: false) { talk in
      talk.responder.resets()
      talk.originator.sends("secret")
      talk.originator.resets()
    }
    #expect(reasons == ["data_after_end": 1])
    #expect(dropped.sink.frames.count == frames.count - 1)
    #expect(judge(dropped.sink.frames).errors.map(\.name) == judge(frames).errors.map(\.name))
  }

  @Test("Text that an ICMP error quotes, however it is wrapped")
  func wrappedQuotes() throws {
    let talk = Conversation()
    talk.originator.sends("hello alice and the secret")
    let segment = Array(talk.frames[0].bytes[14...])
    var laterFragment = segment
    laterFragment[7] = 3
    func error(_ quote: [UInt8]) -> [UInt8] {
      var message: [UInt8] = [3, 4, 0, 0, 0, 0, 5, 0] + quote
      var sum = Checksum()
      message.withRawSpan { sum.add($0) }
      message[2] = UInt8(truncatingIfNeeded: ~sum.folded >> 8)
      message[3] = UInt8(truncatingIfNeeded: ~sum.folded)
      return Self.packet(protocol: 1, message)
    }
    let quotes = [
      segment, laterFragment, Array(error(segment)[14...]), Array(error(laterFragment)[14...]),
    ]
    for (number, quote) in quotes.enumerated() {
      let (_, dropped, reasons) = try Self.outcome(.drop) { $0.append(error(quote)) }
      #expect(reasons == ["icmp_quote": 1], "\(number)")
      #expect(!Self.text(dropped.sink.frames).contains("secret"), "\(number)")
    }
    let (_, dropped, reasons) = try Self.outcome(.drop) { talk in
      let message = Array(error(segment)[34...])
      for range in [0..<40, 40..<message.count] {
        talk.sendsFragment(
          message[range], from: talk.responder, at: range.lowerBound, more: range.lowerBound == 0,
          protocol: .icmp)
      }
    }
    #expect(reasons == ["icmp_quote": 1])
    #expect(!Self.text(dropped.sink.frames).contains("ret"))
    // Nothing but headers.
    for quote in [Array(segment[..<28]), Array(segment[..<40]), Array(error(segment)[14..<62])] {
      let (_, dropped, reasons) = try Self.outcome(.drop) { $0.append(error(quote)) }
      #expect(reasons == [:])
      #expect(dropped.sink.frames.count == 9)
    }
  }

  @Test("Ranges that were skipped cut off what lies in them")
  func skippedRanges() {
    var ranges = SkippedRanges()
    for start in stride(from: Int64(0), to: 100_000, by: 10) { ranges.add(start..<start + 3) }
    #expect(ranges.cutting(99_990..<99_995) == 99_993..<99_995)
    #expect(ranges.cutting(99_993..<99_999) == 99_993..<99_999)
    #expect(ranges.cutting(99_985..<99_995) == 99_985..<99_990)
    #expect(ranges.cutting(99_991..<99_993).isEmpty)
    ranges.shorten()
    #expect(ranges.cutting(99_991..<99_993).isEmpty)
    #expect(ranges.cutting(90_001..<90_003) == 90_001..<90_003)
  }

  @Test("What comes behind a FIN, and in a reset")
  func ends() throws {
    let (_, dropped, reasons) = try Self.outcome(.drop, closes: false) { talk in
      talk.originator.finishes()
      talk.responder.acknowledges()
      talk.originator.segment(
        [.ack], sequence: talk.originator.sequence(12),
        acknowledgment: talk.responder.sequence(0), Array("secret".utf8))
      talk.responder.resets(at: 0, "secret")
    }
    #expect(reasons == ["data_after_fin": 1, "data_in_rst": 1])
    #expect(!Self.text(dropped.sink.frames).contains("secret"))
  }

  @Test("A segment that begins with other bytes than were sent before keeps those that are new")
  func partlyNew() throws {
    let (_, dropped, reasons) = try Self.outcome(.drop) { talk in
      talk.originator.sends("XXXXX and more", at: 6)
      talk.responder.acknowledges()
    }
    #expect(reasons == ["conflict": 1])
    let text = Self.text(dropped.sink.frames)
    #expect(text.contains("hello bartholomew") && text.contains(" and more"))
    #expect(!text.contains("XXXXX"))
    #expect(judge(dropped.sink.frames).errors.isEmpty)
  }

  @Test("What lies beyond the window and is not acknowledged is cut off")
  func partlyBeyond() throws {
    let (frames, dropped, reasons) = try Self.outcome(.drop) { talk in
      talk.responder.window = 5
      talk.responder.acknowledges()
      talk.originator.segment(
        [.ack], sequence: talk.originator.sequence(11),
        acknowledgment: talk.responder.sequence(0), Array("12345secret".utf8))
      talk.originator.sent += 5
      talk.responder.received += 5
      talk.responder.window = 65_535
      talk.responder.acknowledges()
    }
    #expect(reasons == ["out_of_window": 1])
    let text = Self.text(dropped.sink.frames)
    #expect(text.contains("12345") && !text.contains("secret"))
    let errors = Set(judge(dropped.sink.frames).errors.map(\.name))
    #expect(errors.isSubset(of: judge(frames).errors.map(\.name)))
  }

  @Test("What is acknowledged after all was seen")
  func acknowledgedAfterAll() throws {
    let (_, outcome, reasons) = try Self.outcome(.drop) { talk in
      talk.responder.window = 5
      talk.responder.acknowledges()
      talk.originator.sends("12345 and alice")
      talk.responder.window = 65_535
      talk.responder.acknowledges()
    }
    #expect(reasons == [:])
    #expect(Self.text(outcome.sink.frames).contains("12345 and bartholomew"))
  }

  @Test("ARP, and pings without content, serve the network")
  func network() throws {
    let (frames, dropped, reasons) = try Self.outcome(.drop) { talk in
      talk.append([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 6] + [UInt8](repeating: 0, count: 28))
      talk.append(Self.packet(protocol: 1, [8, 0, 0xF7, 0xFF, 0, 0, 0, 0]))
    }
    #expect(reasons == [:])
    #expect(dropped.sink.frames.count == frames.count)
  }

  /// An ICMP error that quotes a frame of a conversation, as much of it as `count` bytes.
  private static func error(quoting frame: CapturedFrame, _ count: Int) -> [UInt8] {
    var message: [UInt8] = [3, 4, 0, 0, 0, 0, 5, 0x78] + frame.bytes.dropFirst(14).prefix(count)
    var sum = Checksum()
    message.withRawSpan { sum.add($0) }
    message[2] = UInt8(~sum.folded >> 8)
    message[3] = UInt8(truncatingIfNeeded: ~sum.folded)
    var headers = FrameHeaders(
      ethernet: EthernetHeader(destination: MACAddress(1), source: MACAddress(2)),
      ip: IPHeader(source: IPAddress(ipv4: 0x0A01_00FE), destination: IPAddress(ipv4: 0x0A00_0001)))
    headers.ip.protocol = .icmp
    var bytes: [UInt8] = []
    message.withRawSpan { headers.append(payload: $0, to: &bytes) }
    return bytes
  }

  private static func isRight(_ bytes: ArraySlice<UInt8>) -> Bool {
    var sum = Checksum()
    Array(bytes).withRawSpan { sum.add($0) }
    return sum.folded == 0xFFFF
  }

  @Test(
    "What an ICMP error quotes has the numbers of the edited stream, and loses its text on demand",
    arguments: [28, 40, 70])
  func quotes(count: Int) throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("hello alice")
    talk.responder.sends("alice, too")
    talk.originator.sends("and a second segment with alice")
    talk.append(Self.error(quoting: talk.frames[5], count))
    talk.responder.acknowledges()
    for policy in [DeferralConfiguration.UnseenPolicy.allow, .drop] {
      let result = try run(talk.frames, [Self.link()]) { $0.deferral.onUnseen = policy }
      let hasText = count > 40
      #expect(result.summary.unseen.all.map(\.reason) == (hasText ? [.quote] : []))
      let before = Array(talk.frames[6].bytes)
      let after = Array(result.sink.frames[6].bytes)
      let isCut = hasText && policy == .drop
      #expect(after.count == (isCut ? 14 + 20 + 8 + 40 : before.count))
      // Ethernet, IP, ICMP, the quoted IP header and the ports.
      let place = 14 + 20 + 8 + 20 + 4
      #expect(after[place + 3] == before[place + 3] + 6)
      if count >= 40 { #expect(after[place + 7] == before[place + 7] + 6) }
      #expect(Self.isRight(after[14..<34]) && Self.isRight(after[34...]))
      #expect(Int(after[16]) << 8 + Int(after[17]) == after.count - 14)
    }
  }
}
