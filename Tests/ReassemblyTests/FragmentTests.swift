import Reassembly
import Sockets
import Support
import Testing
import Wire

@Suite("IP fragments")
struct FragmentTests {
  typealias Family = Conversation.Family

  /// Where a payload is cut, and in which order the pieces come.
  private struct Piece {
    var range: Range<Int>
    var more: Bool
  }

  /// A connection with one segment of 60 bytes, which is sent in pieces.
  private func talk(
    _ family: Family, pieces order: [Int], cuts: [Int] = [24, 48]
  ) -> (Conversation, [UInt8]) {
    let talk = Conversation(family)
    talk.opens()
    let text = [UInt8].pattern(60)
    talk.originator.sends(text)
    let payload = talk.takesOffLast()
    let edges = [0] + cuts + [payload.count]
    for index in order {
      talk.sendsFragment(
        payload[edges[index]..<edges[index + 1]], from: talk.originator, at: edges[index],
        more: index < edges.count - 2)
    }
    return (talk, text)
  }

  private func check(_ handler: RecordingHandler, _ text: [UInt8]?) {
    #expect(handler.violations == [])
    #expect(handler.sockets[0].bytes(.out) == text ?? [])
  }

  @Test(
    "Fragments in any order make the datagram", arguments: Family.allCases,
    [[0, 1, 2], [2, 1, 0], [1, 0, 2], [2, 0, 1], [1, 2, 0], [0, 2, 1]])
  func orders(family: Family, order: [Int]) {
    let (talk, text) = talk(family, pieces: order)
    check(reassemble(talk.frames), text)
  }

  @Test("A fragment that comes twice is no overlap", arguments: Family.allCases)
  func duplicate(family: Family) {
    let (talk, text) = talk(family, pieces: [0, 0, 1, 2])
    let handler = reassemble(talk.frames)
    check(handler, text)
    #expect(handler.weirds == [:])
  }

  @Test("A datagram of which a fragment is missing never comes", arguments: Family.allCases)
  func incomplete(family: Family) {
    let (talk, _) = talk(family, pieces: [0, 2])
    let handler = reassemble(talk.frames)
    check(handler, nil)
    #expect(handler.weirds == [.fragmentTimeout: 1])
  }

  @Test("Of bytes that overlap, those that came first stay")
  func overlap() {
    let talk = Conversation()
    talk.originator.datagram([UInt8](repeating: 65, count: 24))
    let payload = talk.takesOffLast()
    let other = [UInt8](repeating: 66, count: 16)
    talk.sendsFragment(payload[0..<16], from: talk.originator, at: 0, more: true, protocol: .udp)
    talk.sendsFragment(other, from: talk.originator, at: 8, more: true, protocol: .udp)
    talk.sendsFragment(other, from: talk.originator, at: 16, more: false, protocol: .udp)
    var configuration = ReassemblyConfiguration()
    configuration.checksums = .none
    let handler = reassemble(talk.frames, configuration)
    #expect(handler.sockets[0].text(.out) == "AAAAAAAABBBBBBBBBBBBBBBB")
    #expect(handler.weirds == [.fragmentOverlap: 2, .fragmentOverlapConflict: 1])
  }

  @Test("Bytes behind the last fragment do not stand in for those that are missing")
  func beyondEnd() {
    let talk = Conversation()
    talk.originator.datagram([UInt8](repeating: 65, count: 40))
    let payload = talk.takesOffLast()
    let (end, udp) = (talk.originator!, IPProtocol.udp)
    talk.sendsFragment(payload[0..<16], from: end, at: 0, more: true, protocol: udp)
    talk.sendsFragment(payload[40..<48], from: end, at: 40, more: false, protocol: udp)
    let beyond = [UInt8](repeating: 66, count: 24)
    talk.sendsFragment(beyond, from: end, at: 48, more: true, protocol: udp)
    #expect(reassemble(talk.frames).sockets.isEmpty)
    // What is missing comes after all.
    talk.sendsFragment(payload[16..<40], from: end, at: 16, more: true, protocol: udp)
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map { $0.bytes(.out) } == [[UInt8](repeating: 65, count: 40)])
    #expect(handler.weirds == [.fragmentBadLength: 1])
  }

  @Test("A last fragment that ends before others do is not the last")
  func endBeforeOthers() {
    let talk = Conversation()
    talk.originator.datagram([UInt8](repeating: 65, count: 40))
    let payload = talk.takesOffLast()
    let (end, udp) = (talk.originator!, IPProtocol.udp)
    talk.sendsFragment(payload[24..<40], from: end, at: 24, more: true, protocol: udp)
    talk.sendsFragment(payload[8..<16], from: end, at: 8, more: false, protocol: udp)
    talk.sendsFragment(payload[0..<24], from: end, at: 0, more: true, protocol: udp)
    talk.sendsFragment(payload[40..<48], from: end, at: 40, more: false, protocol: udp)
    let handler = reassemble(talk.frames)
    #expect(handler.sockets.map { $0.bytes(.out) } == [[UInt8](repeating: 65, count: 40)])
    #expect(handler.weirds[.fragmentBadLength] == 1)
  }

  @Test("The fragments of one datagram are told apart by ends, number, and VLAN")
  func keys() {
    let talks = [Conversation(), Conversation(client: 2), Conversation(vlans: [5])]
    var halves: [[CapturedFrame]] = [[], []]
    for (index, talk) in talks.enumerated() {
      talk.originator.datagram([UInt8](repeating: UInt8(65 + index), count: 24))
      let payload = talk.takesOffLast()
      talk.sendsFragment(payload[0..<16], from: talk.originator, at: 0, more: true, protocol: .udp)
      talk.sendsFragment(
        payload[16...], from: talk.originator, at: 16, more: false, protocol: .udp)
      halves[0].append(talk.frames[0])
      halves[1].append(talk.frames[1])
    }
    let handler = reassemble(halves[0] + halves[1])
    #expect(Set(handler.sockets.map { $0.text(.out).first }) == ["A", "B", "C"])
    #expect(handler.sockets.map { $0.text(.out).count } == [24, 24, 24])
  }

  @Test(
    "After 30 seconds of packet time the rest comes too late",
    arguments: [(29, true), (31, false)] as [(Int64, Bool)])
  func timeout(seconds: Int64, isWhole: Bool) {
    let talk = Conversation()
    talk.originator.datagram([UInt8](repeating: 65, count: 24))
    let payload = talk.takesOffLast()
    talk.sendsFragment(payload[0..<16], from: talk.originator, at: 0, more: true, protocol: .udp)
    talk.waits(seconds: seconds)
    talk.sendsFragment(payload[16...], from: talk.originator, at: 16, more: false, protocol: .udp)
    #expect(reassemble(talk.frames).sockets.count == (isWhole ? 1 : 0))
  }

  @Test(
    "Fragments that make no sense are counted and left out",
    arguments: [
      (3, 0, true, Weird.fragmentBadLength), (0, 0, true, .fragmentBadLength),
      (0, 8, false, .fragmentBadLength), (16, 65_528, false, .fragmentTooLarge),
    ])
  func badLength(count: Int, offset: Int, more: Bool, weird: Weird) {
    let talk = Conversation()
    talk.sendsFragment(
      [UInt8](repeating: 1, count: count), from: talk.originator, at: offset, more: more)
    let handler = reassemble(talk.frames)
    #expect(handler.weirds == [weird: 1])
  }

  @Test("A fragment that was cut does not make a datagram shorter")
  func cut() {
    let talk = Conversation()
    talk.originator.datagram([UInt8](repeating: 65, count: 40))
    let payload = talk.takesOffLast()
    talk.sendsFragment(payload[0..<16], from: talk.originator, at: 0, more: true, protocol: .udp)
    talk.sendsFragment(payload[16...], from: talk.originator, at: 16, more: false, protocol: .udp)
    talk.cutLast(by: 8)
    #expect(reassemble(talk.frames).sockets.isEmpty)
  }

  @Test("An IPv6 packet whose only fragment is the whole of it is whole (RFC 6946)")
  func atomic() {
    let talk = Conversation(.ipv6)
    talk.opens()
    talk.originator.sends("abc")
    let payload = talk.takesOffLast()
    talk.sendsFragment(payload, from: talk.originator, at: 0, more: false)
    talk.originator.sends("def", at: 3)
    let handler = reassemble(talk.frames)
    check(handler, Array("abcdef".utf8))
    #expect(handler.weirds.isEmpty)
  }

  @Test(
    "When the budget is reached the oldest datagrams are given up, and what is new has a chance")
  func budget() {
    var configuration = ReassemblyConfiguration()
    configuration.memory = 1 << 20
    let talk = Conversation()
    talk.pace = 0
    let half = [UInt8](repeating: 1, count: 1024)
    for number in 0..<1000 {
      talk.sendsFragment(
        half, from: talk.originator, at: 8, more: true, identification: UInt32(number + 10),
        protocol: .udp)
    }
    talk.originator.datagram([UInt8](repeating: 65, count: 2400))
    let payload = talk.takesOffLast()
    let (end, udp) = (talk.originator!, IPProtocol.udp)
    talk.sendsFragment(payload[0..<1600], from: end, at: 0, more: true, protocol: udp)
    talk.sendsFragment(payload[1600...], from: end, at: 1600, more: false, protocol: udp)
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(configuration, to: handler)
    reassembler.take(talk.frames)
    #expect(reassembler.heldBytes <= 1 << 18)
    reassembler.finish()
    #expect(reassembler.heldBytes == 0)
    #expect(handler.sockets.count == 1)
    #expect(handler.weirds[.fragmentBudgetReached, default: 0] > 500)
  }

  @Test("Whatever overlaps, memory stays below twice the bytes and what pieces cost")
  func memory() {
    for policy in [FragmentPolicy.last, .linux, .first] {
      var configuration = ReassemblyConfiguration()
      configuration.fragmentPolicy = PolicyMap(policy)
      let talk = Conversation()
      talk.pace = 0
      // Each leaves eight bytes of the one before, and all of its memory would be the square.
      for number in 0..<2000 {
        talk.sendsFragment(
          [UInt8](repeating: UInt8(number & 0xFF), count: 32_000 - 8 * number),
          from: talk.originator, at: 8, more: true, protocol: .udp)
      }
      let handler = RecordingHandler()
      let reassembler = WholeReassembly(configuration, to: handler)
      reassembler.take(talk.frames)
      #expect(reassembler.heldBytes < 2 * 32_000 + 2000 * 64 + 1024)
      reassembler.finish()
      #expect(reassembler.heldBytes == 0)
      #expect(handler.weirds[.fragmentOverlap] == 1999)
    }
  }

  @Test("Datagrams that were dropped are remembered within the budget")
  func droppedBudget() {
    var configuration = ReassemblyConfiguration()
    configuration.memory = 1 << 20
    configuration.fragmentPolicy = PolicyMap(.dropOnOverlap)
    let talk = Conversation()
    talk.pace = 0
    for number in 0..<5000 {
      for offset in [8, 16] {
        talk.sendsFragment(
          [UInt8](repeating: 1, count: 16), from: talk.originator, at: offset, more: true,
          identification: UInt32(number), protocol: .udp)
      }
    }
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(configuration, to: handler)
    reassembler.take(talk.frames)
    #expect(handler.weirds[.fragmentedDatagramDropped] == 5000)
    #expect(reassembler.heldBytes <= 1 << 18)
    reassembler.finish()
    #expect(reassembler.heldBytes == 0)
  }

  @Test("The header of a TCP segment in pieces is counted")
  func tiny() {
    let talk = Conversation()
    talk.sendsFragment([UInt8](repeating: 1, count: 16), from: talk.originator, at: 0, more: true)
    talk.sendsFragment([UInt8](repeating: 1, count: 16), from: talk.originator, at: 8, more: true)
    #expect(reassemble(talk.frames).weirds[.fragmentTiny] == 2)
  }

  @Test("A fragment from the future does not keep the others from being given up")
  func future() {
    let talk = Conversation()
    let piece = [UInt8](repeating: 1, count: 8)
    let start = talk.now
    talk.sendsFragment(piece, from: talk.originator, at: 8, more: true, identification: 0)
    talk.now = start.advanced(by: 1_000_000_000_000_000)
    talk.sendsFragment(piece, from: talk.originator, at: 8, more: true, identification: 1)
    talk.now = start
    for number in 0..<100 {
      talk.sendsFragment(
        piece, from: talk.originator, at: 8, more: true, identification: UInt32(number + 2))
      talk.waits(seconds: 40)
    }
    let handler = RecordingHandler()
    let reassembler = WholeReassembly(ReassemblyConfiguration(), to: handler)
    reassembler.take(talk.frames)
    #expect(handler.weirds[.fragmentTimeout, default: 0] >= 98)
  }
}
