import Analysis
import Analyzers
import Support
import Testing
import Wire

@testable import Pipeline

/// Frames of all kinds whose text was changed: packing what was changed comes to the same as changing
/// what was packed, and what was changed is right by a sum of the test's own.
@Suite("Edited frames")
struct FrameEditingTests {
  /// Replaces, removes and puts in by what the text says.
  private static func chain() throws -> [ChainLink] {
    var editor = ScriptedAnalyzer("a", Diary(), interest: .data)
    editor.answer = { chunk in
      let all = 0..<chunk.bytes.count
      switch String(decoding: chunk.bytes.prefix(4), as: UTF8.self) {
      case "grow": return .edit([Edit(1..<3, with: Array("a little more".utf8))])
      case "many": return .edit([Edit(0..<4, with: [UInt8](repeating: 0x6D, count: 4001))])
      case "less": return .edit([Edit(1..<all.upperBound, with: [])])
      case "same": return .edit([Edit(0..<4, with: Array("SAME".utf8))])
      case "gone": return .deny
      case "kill": return .resetFlow
      default: return .allow
      }
    }
    return [link(editor), ChainLink(name: "digest", analyzer: try DigestAnalyzer(Options()))]
  }

  private static func edited(_ frames: [CapturedFrame]) throws -> Outcome {
    try run(frames, chain()) { $0.checksums = .none }
  }

  /// All that can happen to a segment.
  private static func talk(
    _ family: Conversation.Family, _ sequences: (UInt32, UInt32) = (1000, 5000)
  ) -> Conversation {
    let talk = Conversation(family, initialSequences: sequences)
    talk.opens()
    for text in ["grow it", "plain", "many of them", "less of it", "gone", "same length", "odd"] {
      talk.originator.sends(text)
      talk.responder.acknowledges()
      talk.responder.sends(text + " back")
      talk.originator.acknowledges()
    }
    talk.originator.sends("many and the end", [.fin])
    talk.responder.finishes()
    talk.originator.acknowledges()
    return talk
  }

  private static func datagrams(_ family: Conversation.Family) -> Conversation {
    let talk = Conversation(family)
    for text in ["grow it", "many", "less of it", "gone", "same length", "plain"] {
      talk.originator.datagram(text)
      talk.responder.datagram(text + "!")
    }
    return talk
  }

  private static func packed(
    _ frames: [CapturedFrame], of talk: Conversation, _ encapsulation: Encapsulation
  ) -> [CapturedFrame] {
    frames.map { frame in
      let packet = Array(frame.bytes.dropFirst(talk.networkOffset))
      let source = Array(talk.family == .ipv4 ? packet[12..<16] : packet[8..<24])
      let bytes = encapsulation.pack(packet, source == talk.originator.address.bytes, 1)
      return CapturedFrame(bytes, at: frame.timestamp, linkType: encapsulation.linkType)
    }
  }

  private static let all =
    Encapsulation.tunnels.filter {
      // Its sum is wrong, and in another way for each packet.
      $0.description != "GRE with everything, keys of each direction"
    } + Encapsulation.teredo + Encapsulation.links + Encapsulation.summed

  // MARK: Tests

  @Test("What is not packed is right", arguments: Conversation.Family.allCases)
  func plain(family: Conversation.Family) throws {
    for talk in [Self.talk(family), Self.datagrams(family)] {
      let outcome = try Self.edited(talk.frames)
      #expect(outcome.sink.frames != talk.frames)
      for frame in outcome.sink.frames { #expect(Sum.isRight(frame.bytes)) }
    }
  }

  @Test("Read again it is what it was changed to, where the numbers wrap too")
  func wrap() throws {
    let all: [(UInt32, UInt32)] = [(1000, 5000), (0xFFFF_FFE0, 0xFFFF_FFF8), (.max, .max)]
    for sequences in all {
      let talk = Self.talk(.ipv4, sequences)
      let outcome = try Self.edited(talk.frames)
      let again = try run(outcome.sink.frames, [Self.chain()[1]]) { $0.checksums = .all }
      #expect(Self.digests(again) == Self.digests(outcome))
      #expect(judge(outcome.sink.frames).errors.map(\.name) == [])
    }
  }

  private static func digests(_ outcome: Outcome) -> [String] {
    outcome.log.records.compactMap { record in
      (record["digest"] as? [String: Any]).map { digest in
        ["originator", "responder"].map { end in
          let stream = digest[end] as? [String: Any] ?? [:]
          return "\(stream["bytes"] ?? "") \(stream["sha256"] ?? "") \(stream["gaps"] ?? "")"
        }.joined(separator: " ")
      }
    }
  }

  @Test("Packed and then changed, or changed and then packed", arguments: all)
  func packed(encapsulation: Encapsulation) throws {
    for family in encapsulation.families {
      for talk in [Self.talk(family), Self.datagrams(family)] {
        let plain = try Self.edited(talk.frames)
        let outcome = try Self.edited(Self.packed(talk.frames, of: talk, encapsulation))
        let expected = Self.packed(plain.sink.frames, of: talk, encapsulation)
        #expect(outcome.sink.frames.count == expected.count, "\(family)")
        for (index, (found, wanted)) in zip(outcome.sink.frames, expected).enumerated() {
          #expect(found == wanted, "\(family), packet \(index + 1)")
        }
      }
    }
  }

  @Test("Fragments of a changed conversation become whole", arguments: all)
  func fragments(encapsulation: Encapsulation) throws {
    for family in encapsulation.families {
      let talk = Conversation(family)
      talk.opens()
      for (number, text) in ["grow it, in pieces", "many, in pieces", "plain"].enumerated() {
        talk.originator.sends(text)
        let bytes = talk.takesOffLast()
        let (from, name) = (talk.originator!, UInt32(number + 1))
        talk.sendsFragment(bytes[24...], from: from, at: 24, more: false, identification: name)
        talk.sendsFragment(bytes[..<24], from: from, at: 0, more: true, identification: name)
        talk.responder.acknowledges()
      }
      let plain = try Self.edited(talk.frames)
      for frame in plain.sink.frames {
        #expect(!Sum.isFragment(frame.bytes))
        #expect(Sum.isRight(frame.bytes), "\(family)")
      }
      let outcome = try Self.edited(Self.packed(talk.frames, of: talk, encapsulation))
      let expected = Self.packed(plain.sink.frames, of: talk, encapsulation)
      #expect(outcome.sink.frames == expected, "\(family)")
    }
  }

  @Test("Fragments of what is not changed, or never whole, stay where they were")
  func otherFragments() throws {
    let talk = Conversation()
    talk.opens()
    for (number, text) in ["plain, in pieces", "lost, in pieces"].enumerated() {
      talk.originator.sends(text)
      let bytes = talk.takesOffLast()
      let (from, name) = (talk.originator!, UInt32(number + 1))
      talk.sendsFragment(bytes[..<24], from: from, at: 0, more: true, identification: name)
      if number == 0 {
        talk.sendsFragment(bytes[24...], from: from, at: 24, more: false, identification: name)
      }
    }
    talk.waits(seconds: 60)
    talk.responder.acknowledges(exactly: 16)
    #expect(try Self.edited(talk.frames).sink.frames == talk.frames)
  }

  @Test("Resets go both ways through a tunnel", arguments: all.filter(\.isSymmetric))
  func resets(encapsulation: Encapsulation) throws {
    for family in encapsulation.families {
      let talk = Conversation(family)
      talk.opens()
      talk.originator.sends("hello")
      talk.responder.sends("kill it")
      talk.originator.acknowledges()
      let plain = try Self.edited(talk.frames)
      #expect(plain.sink.frames.count == 6)
      for frame in plain.sink.frames.suffix(2) {
        // Padded, as it may have been captured where it came in.
        let bytes = Array(frame.bytes.prefix(talk.transportOffset + 20))
        #expect(frame.bytes.count == max(bytes.count, 60))
        #expect(bytes[talk.transportOffset + 13] == 0x14)
        #expect(Sum.isRight(bytes))
      }
      let outcome = try Self.edited(Self.packed(talk.frames, of: talk, encapsulation))
      var expected = plain.sink.frames
      for index in expected.indices.suffix(2) {
        expected[index].cut(to: talk.transportOffset + 20)
      }
      // The stations of a frame that goes back are exchanged too.
      let skipped = encapsulation.linkType == .ethernet ? 12 : 0
      let packed = Self.packed(expected, of: talk, encapsulation)
      #expect(outcome.sink.frames.count == packed.count)
      for (frame, expected) in zip(outcome.sink.frames, packed) {
        let bytes = frame.bytes.dropFirst(skipped)
        #expect(bytes.starts(with: expected.bytes.dropFirst(skipped)), "\(family)")
      }
    }
  }

  @Test("What a card was to work out stays so where the numbers alone change")
  func offload() throws {
    let talk = Self.talk(.ipv4)
    let frames = talk.frames.map { frame in
      // The pseudo-header alone.
      let count = frame.bytes.count - talk.transportOffset
      let sum = Sum.of(Array(frame.bytes[26..<34]) + [0, 6] + Layer.word(count))
      return frame.replacing(talk.transportOffset + 16, with: UInt16(sum))
    }
    let outcome = try Self.edited(frames)
    let before = Set(frames.map { Array($0.bytes[50..<52]) })
    let plain = try Self.edited(talk.frames)
    #expect(outcome.sink.frames.count == plain.sink.frames.count)
    for (frame, right) in zip(outcome.sink.frames, plain.sink.frames) {
      #expect(frame == right || before.contains(Array(frame.bytes[50..<52])))
    }
  }

  @Test("Wrong segments stay as wrong where the numbers alone change")
  func wrong() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("grow it")
    talk.originator.sends("plain")
    talk.changeLast { $0.bytes[51] ^= 0x5A }
    talk.responder.acknowledges()
    let outcome = try Self.edited(talk.frames)
    let errors = [talk.frames[4], outcome.sink.frames[4]].map {
      Sum.of(Array($0.bytes[26..<34]) + [0, 6] + Layer.word(25) + $0.bytes[34...])
    }
    #expect(errors[0] == errors[1] && errors[0] != 0xFFFF)
    #expect(outcome.sink.frames[4].bytes[38..<42] != talk.frames[4].bytes[38..<42])
  }

  @Test("Short frames are padded again, and check sequences go")
  func padding() throws {
    let talk = Self.talk(.ipv4)
    let frames = talk.frames.map { frame in
      var frame = frame
      frame.bytes += [UInt8](repeating: 7, count: max(60 - frame.bytes.count, 4))
      frame.originalLength = frame.bytes.count
      return frame
    }
    let plain = try Self.edited(talk.frames).sink.frames
    let padded = try Self.edited(frames).sink.frames
    #expect(plain.count == padded.count)
    for (frame, padded) in zip(plain, padded) {
      #expect(padded.bytes.starts(with: frame.bytes))
      #expect(padded.originalLength == padded.bytes.count)
      let rest = padded.bytes.count - frame.bytes.count
      #expect(padded.bytes.count == 60 || rest == 4 || rest == 0)
    }
  }

  @Test("Padding in a tunnel is a part of what is around it")
  func paddingInside() throws {
    let talk = Self.talk(.ipv4)
    let frames = talk.frames.map { frame in
      var inner = frame.bytes
      while inner.count < 65 { inner.append(UInt8(inner.count)) }
      return CapturedFrame(
        Layer.ethernet(Sum.udp(Layer.vxlan(inner, network: 1), to: 4789, true)),
        at: frame.timestamp)
    }
    let plain = try Self.edited(talk.frames).sink.frames
    let outcome = try Self.edited(frames).sink.frames
    #expect(plain.count == outcome.count)
    for (frame, packed) in zip(plain, outcome) {
      #expect(Sum.isRight(packed.bytes))
      #expect(Array(packed.bytes[50...].prefix(frame.bytes.count)) == frame.bytes)
    }
  }

  @Test("Frames that were cut keep what was cut, and their numbers move")
  func cut() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends("grow it")
    talk.responder.acknowledges()
    talk.originator.sends("this is too long for the capture")
    talk.cutLast(by: 20)
    talk.responder.acknowledges()
    let frames = try Self.edited(talk.frames).sink.frames
    #expect(frames.map(\.originalLength) == [58, 58, 54, 72, 54, 86, 54])
    #expect(frames[5].bytes.count == talk.frames[5].bytes.count)
    #expect(frames[5].bytes[38..<42] == Layer.word(0)[...] + Layer.word(1001 + 18)[...])
  }

  @Test("Of several pieces the first reduces the window, and the last is the end")
  func pieces() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.identification = 0xFFFF
    talk.originator.sends("many and the end", [.fin, .cwr, .ece])
    talk.changeLast { frame in
      // May be fragmented.
      frame.bytes[20] = 0
      frame = frame.replacing(24, with: 0)
      frame = frame.replacing(24, with: UInt16(0xFFFF - Sum.of(Array(frame.bytes[14..<34]))))
    }
    let frames = try Self.edited(talk.frames).sink.frames.dropFirst(3)
    #expect(frames.map { Array($0.bytes[18..<20]) } == [[255, 255], [0, 0], [0, 1]])
    #expect(frames.map { $0.bytes[47] } == [0xD0, 0x50, 0x59])
    for frame in frames { #expect(Sum.isRight(frame.bytes)) }
  }

  @Test("A packet whose length a card was to set has one when it is made anew")
  func zeroLength() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends(Array("many".utf8) + [UInt8](repeating: 0x78, count: 3000))
    talk.changeLast { frame in
      frame = frame.replacing(16, with: 0).replacing(24, with: 0)
    }
    let frames = try Self.edited(talk.frames).sink.frames.dropFirst(3)
    for frame in frames {
      #expect(frame.bytes.count - 14 == Int(frame.bytes[16]) << 8 | Int(frame.bytes[17]))
    }
    let again = try run(Array(talk.frames.prefix(3)) + frames, try Self.chain())
    #expect(again.summary.malformedPackets == 0)
  }

  @Test("A packet gets no longer than its headers can say")
  func longest() throws {
    let talk = Conversation()
    talk.opens()
    talk.originator.sends(Array("many".utf8) + [UInt8](repeating: 0x78, count: 65_400))
    let encapsulation = try #require(
      Encapsulation.summed.first { $0.description == "VXLAN, summed" })
    for frames in [talk.frames, Self.packed(talk.frames, of: talk, encapsulation)] {
      let outcome = try Self.edited(frames)
      for frame in outcome.sink.frames {
        #expect(frame.bytes.count - 14 == Int(frame.bytes[16]) << 8 | Int(frame.bytes[17]))
      }
    }
  }

  @Test("A datagram that would not fit is not edited")
  func largeDatagram() throws {
    let talk = Conversation()
    talk.originator.datagram(Array("many".utf8) + [UInt8](repeating: 0x78, count: 61_470))
    let plain = try Self.edited(talk.frames)
    #expect(plain.sink.frames.map(\.bytes.count) == [14 + 28 + 61_470 + 4001])
    let encapsulation = try #require(
      Encapsulation.summed.first { $0.description == "VXLAN, summed" })
    let frames = Self.packed(talk.frames, of: talk, encapsulation)
    #expect(try Self.edited(frames).sink.frames == frames)
  }
}

// MARK: - Sums of the test's own

enum Sum {
  /// The ones' complement sum of 16-bit words.
  static func of(_ bytes: [UInt8]) -> Int {
    var sum = 0
    for (index, byte) in bytes.enumerated() { sum += index % 2 == 0 ? Int(byte) << 8 : Int(byte) }
    while sum > 0xFFFF { sum = (sum & 0xFFFF) + (sum >> 16) }
    return sum
  }

  /// A checksum that is off by `error`.
  static func field(_ bytes: [UInt8], error: Int = 0) -> [UInt8] {
    Layer.word(of(Layer.word(0xFFFF - of(bytes)) + Layer.word(error)))
  }

  static func isFragment(_ frame: [UInt8]) -> Bool {
    frame[14] >> 4 == 4 ? frame[20] & 0x3F != 0 || frame[21] != 0 : frame[20] == 44
  }

  /// Whether all lengths and sums of an Ethernet frame are right that has IP without options and TCP or
  /// UDP in it.
  static func isRight(_ frame: [UInt8]) -> Bool {
    let packet = Array(frame.dropFirst(14))
    let isIPv4 = packet[0] >> 4 == 4
    let length = Int(packet[isIPv4 ? 2 : 4]) << 8 | Int(packet[isIPv4 ? 3 : 5])
    guard length + (isIPv4 ? 0 : 40) == packet.count else { return false }
    if isIPv4, of(Array(packet[..<20])) != 0xFFFF { return false }
    let header = isIPv4 ? 20 : 40
    let segment = Array(packet[header...])
    let transport = packet[isIPv4 ? 9 : 6]
    if transport == 17, Int(segment[4]) << 8 | Int(segment[5]) != segment.count { return false }
    let ends = Array(isIPv4 ? packet[12..<20] : packet[8..<40])
    return of(ends + [0, transport] + Layer.word(segment.count) + segment) == 0xFFFF
  }

  /// A UDP datagram with a checksum.
  static func udp(
    _ payload: [UInt8], from source: UInt16 = 50_000, to destination: UInt16, _ isOut: Bool,
    _ family: Conversation.Family = .ipv4, error: Int = 0
  ) -> [UInt8] {
    let length = Layer.word(payload.count + 8)
    let ports = Layer.word(Int(source)) + Layer.word(Int(destination)) + length
    let ends = Layer.end(isOut, 1, family).bytes + Layer.end(!isOut, 1, family).bytes
    let field = field(ends + [0, 17] + length + ports + payload, error: error)
    return Layer.ip(ports + field + payload, .udp, isOut, 1, family)
  }

  static func gre(_ payload: [UInt8], type: [UInt8], error: Int = 0) -> [UInt8] {
    let header: [UInt8] = [0xB0, 0] + type
    let rest: [UInt8] = [0, 0, 0, 0, 0, 9, 0, 0, 0, 1] + payload
    return header + field(header + [0, 0] + rest, error: error) + rest
  }
}

extension Encapsulation {
  /// Those that have checksums of their own, right ones and wrong ones, and links that tunnels do not
  /// need.
  fileprivate static let summed: [Encapsulation] = [
    Encapsulation("VXLAN, summed") { packet, isOut, _ in
      Layer.ethernet(
        Sum.udp(Layer.vxlan(Layer.ethernet(packet), network: 1), to: 4789, isOut))
    },
    Encapsulation("VXLAN, summed wrongly, over IPv6") { packet, isOut, _ in
      let vxlan = Layer.vxlan(Layer.ethernet(packet), network: 1)
      return Layer.ethernet(Sum.udp(vxlan, to: 4789, isOut, .ipv6, error: 0x1234))
    },
    Encapsulation("GENEVE, summed") { packet, isOut, _ in
      let geneve = Layer.geneve(packet, type: Layer.type(of: packet), network: 1)
      return Layer.ethernet(Sum.udp(geneve, to: 6081, isOut, .ipv6))
    },
    Encapsulation("GTP-U, summed") { packet, isOut, _ in
      Layer.ethernet(
        Sum.udp(Layer.gtp(packet, isOut, extended: true), from: 2152, to: 2152, isOut))
    },
    Encapsulation("Teredo, summed", families: [.ipv6]) { packet, isOut, _ in
      Layer.ethernet(
        Sum.udp(packet, from: isOut ? 40_000 : 3544, to: isOut ? 3544 : 40_000, isOut))
    },
    Encapsulation("GRE, summed") { packet, isOut, _ in
      Layer.ethernet(
        Layer.ip(Sum.gre(packet, type: Layer.type(of: packet)), .gre, isOut, 1))
    },
    Encapsulation("GRE, summed wrongly") { packet, isOut, _ in
      let gre = Sum.gre(Layer.ethernet(packet), type: [0x65, 0x58], error: 0x0101)
      return Layer.ethernet(Layer.ip(gre, .gre, isOut, 1, .ipv6))
    },
    Encapsulation("VXLAN in GRE, both summed") { packet, isOut, _ in
      let vxlan = Sum.udp(Layer.vxlan(Layer.ethernet(packet), network: 1), to: 4789, isOut)
      return Layer.ethernet(Layer.ip(Sum.gre(vxlan, type: [8, 0]), .gre, isOut, 1))
    },
    Encapsulation("PPPoE in MPLS") { packet, _, _ in
      let ppp = [0, packet[0] >> 4 == 4 ? 0x21 : 0x57] + packet
      let session = [0x11, 0, 0, 1] + Layer.word(ppp.count) + ppp
      let frame = Layer.ethernet(session, type: [0x88, 0x64])
      return Layer.ethernet([0, 1, 1, 64, 0, 0, 0, 0] + frame, type: [0x88, 0x47])
    },
    Encapsulation("VLAN") { packet, _, _ in
      Layer.ethernet([0, 9] + Layer.type(of: packet) + packet, type: [0x81, 0])
    },
    Encapsulation("QinQ") { packet, _, _ in
      Layer.ethernet([0, 9, 0x81, 0, 0, 8] + Layer.type(of: packet) + packet, type: [0x88, 0xA8])
    },
    Encapsulation("SNAP") { packet, _, _ in
      Layer.ethernet(Layer.snap(packet), type: Layer.word(packet.count + 8))
    },
    Encapsulation("no link", linkType: .raw) { packet, _, _ in packet },
    Encapsulation("Linux cooked", linkType: .linuxCooked) { packet, _, _ in
      [UInt8](repeating: 0, count: 14) + Layer.type(of: packet) + packet
    },
    Encapsulation("Linux cooked 2", linkType: .linuxCooked2) { packet, _, _ in
      Layer.type(of: packet) + [UInt8](repeating: 0, count: 18) + packet
    },
    Encapsulation("headers with options") { packet, _, _ in
      Layer.ethernet(withOptions(packet))
    },
  ]

  private static func withOptions(_ packet: [UInt8]) -> [UInt8] {
    if packet[0] >> 4 == 6 {
      let length = Int(packet[4]) << 8 | Int(packet[5])
      return packet[..<4] + Layer.word(length + 8) + [60] + packet[7..<40]
        + [packet[6], 0, 1, 4, 0, 0, 0, 0] + packet[40...]
    }
    let length = Int(packet[2]) << 8 | Int(packet[3])
    let front = [0x46, packet[1]] + Layer.word(length + 4) + packet[4..<10]
    let back = packet[12..<20] + [1, 1, 1, 0]
    return front + Sum.field(front + back) + back + packet[20...]
  }

  /// Whether what goes back differs by its ends alone.
  fileprivate var isSymmetric: Bool {
    let names = [
      "IP in IP", "IP in IPv6", "GRE", "GENEVE", "VXLAN with a tag in it, over IPv6",
      "ERSPAN I", "PPPoE",
    ]
    let isSummed = Self.summed.contains { $0.description == description }
    return names.contains(description) || isSummed && !description.hasPrefix("GTP")
  }
}
