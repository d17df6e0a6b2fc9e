import Reassembly
import Sockets
import Support
import Testing
import Wire

/// A family of addresses, and which end of the conversation does what a case is about.
struct Way: Sendable, CustomStringConvertible {
  var family: Conversation.Family
  /// The originator does it.
  var isOut: Bool

  static let all = Conversation.Family.allCases.flatMap { family in
    [true, false].map { Way(family: family, isOut: $0) }
  }
  static let ipv4 = all.filter { $0.family == .ipv4 }
  static let ipv6 = all.filter { $0.family == .ipv6 }

  var isIPv6: Bool { family == .ipv6 }
  var direction: Direction { isOut ? .out : .in }
  var description: String { "\(family) \(direction)" }

  /// An open connection.
  func opened() -> Conversation {
    let talk = Conversation(family)
    talk.opens()
    return talk
  }

  func sender(in talk: Conversation) -> End { isOut ? talk.originator : talk.responder }

  func receiver(in talk: Conversation) -> End { isOut ? talk.responder : talk.originator }

  /// What the sender says next as an IP payload that no frame carries yet.
  func payload(_ text: String, in talk: Conversation) -> [UInt8] {
    sender(in: talk).sends(text)
    return talk.takesOffLast()
  }

  /// Sends a part of a payload as a fragment.
  func fragment(
    _ payload: [UInt8], _ range: Range<Int>, more: Bool = true, in talk: Conversation,
    identification: UInt32 = 1, protocol: IPProtocol = .tcp
  ) {
    talk.sendsFragment(
      payload[range], from: sender(in: talk), at: range.lowerBound, more: more,
      identification: identification, protocol: `protocol`)
  }

  /// The text of its direction in the only socket.
  func text(_ handler: RecordingHandler) -> String? {
    handler.sockets.count == 1 ? handler.sockets[0].text(direction) : nil
  }
}

extension ReassemblyConfiguration {
  static func checksums(_ mode: ChecksumMode) -> Self {
    var configuration = Self()
    configuration.checksums = mode
    return configuration
  }

  /// With one policy for all fragments.
  static func fragments(_ policy: FragmentPolicy) -> Self {
    var configuration = Self()
    configuration.fragmentPolicy = PolicyMap(policy)
    return configuration
  }
}

extension Way {
  /// What becomes of a conversation, and what is odd about it.
  @discardableResult
  func expect(
    _ talk: Conversation, _ transcripts: [[String]], _ weirds: [Weird: Int] = [:],
    _ configuration: ReassemblyConfiguration = .init(),
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> RecordingHandler {
    let handler = reassemble(talk.frames, configuration)
    #expect(handler.violations == [], sourceLocation: sourceLocation)
    #expect(handler.sockets.map(\.transcript) == transcripts, sourceLocation: sourceLocation)
    #expect(handler.weirds == weirds, sourceLocation: sourceLocation)
    return handler
  }
}

extension End {
  /// Signs its segments as TCP-MD5 does, with nobody's key.
  func signs() {
    change = {
      $0.options.append(kind: TCPOptions.Kind.md5Signature, [UInt8](repeating: 7, count: 16))
    }
  }

  func offersFastOpen() {
    change = { $0.options.append(kind: TCPOptions.Kind.fastOpenCookie, [1, 2, 3, 4, 5, 6, 7, 8]) }
  }
}

extension TCPOptionList {
  mutating func append(kind: UInt8, _ value: [UInt8]) {
    value.withRawSpan { _ = append(kind: kind, value: $0) }
  }
}
