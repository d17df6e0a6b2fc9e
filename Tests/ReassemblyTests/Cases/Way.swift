import Reassembly
import Sockets
import Support
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
