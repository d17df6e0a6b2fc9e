import Checking
import Support
import Testing
import Wire

/// How a conversation is set up: every case is played in all of them.
struct Setting: Sendable, CustomTestStringConvertible {
  var family: Conversation.Family
  /// The responder is the one that sends.
  var isReversed: Bool
  /// Sequence numbers wrap within the first bytes.
  var wraps: Bool

  static let all = Conversation.Family.allCases.flatMap { family in
    [false, true].flatMap { isReversed in
      [false, true].map { Setting(family: family, isReversed: isReversed, wraps: $0) }
    }
  }

  var testDescription: String {
    "\(family), \(isReversed ? "in" : "out")\(wraps ? ", wrapping" : "")"
  }
}

/// A conversation of which one end sends and the other one answers.
struct Stage {
  let talk: Conversation
  let sender: End
  let receiver: End

  init(_ setting: Setting) {
    let start: UInt32 = setting.wraps ? .max - 3 : 5000
    talk = Conversation(setting.family, initialSequences: (start, start &- 1))
    sender = setting.isReversed ? talk.responder : talk.originator
    receiver = setting.isReversed ? talk.originator : talk.responder
  }

  /// What SYNs and other segments have besides.
  func bothChange(_ change: @escaping (inout TCPHeader) -> Void) {
    sender.change = change
    receiver.change = change
  }

  /// Both ends permit SACK.
  func permitsSACK() {
    bothChange { if $0.flags.contains(.syn) { $0.options.appendSACKPermitted() } }
  }

  /// An acknowledgement of the receiver with SACK blocks, as offsets of the sender's stream.
  func sacks(_ acknowledged: Int, _ blocks: [Range<Int>]) {
    let edges = blocks.map {
      SACKBlock(
        left: SequenceNumber(sender.sequence($0.lowerBound)),
        right: SequenceNumber(sender.sequence($0.upperBound)))
    }
    let change = receiver.change
    receiver.change = {
      change?(&$0)
      $0.options.appendNoOperation()
      $0.options.appendNoOperation()
      $0.options.appendSACK(edges.span)
    }
    receiver.acknowledges(exactly: acknowledged)
    receiver.change = change
  }

  /// Sends and has it acknowledged.
  func delivers(_ text: String) {
    sender.sends(text)
    receiver.acknowledges()
  }
}

/// What is said, and what there is to complain of.
struct CheckCase: Sendable, CustomTestStringConvertible {
  var name: String
  var complaints: [Complaint.Name: UInt64]
  /// Whether the handshake comes first.
  var opens = true
  var script: @Sendable (Stage) -> Void

  init(
    _ name: String, _ complaints: [Complaint.Name: UInt64], opens: Bool = true,
    _ script: @escaping @Sendable (Stage) -> Void
  ) {
    self.name = name
    self.complaints = complaints
    self.opens = opens
    self.script = script
  }

  var testDescription: String { name }

  /// Plays it in every setting.
  func expect() {
    for setting in Setting.all {
      let stage = Stage(setting)
      if opens { stage.talk.opens() }
      script(stage)
      let judgement = judge(stage.talk.frames)
      let place = "\(name), \(setting.testDescription)"
      #expect(judgement.names == complaints, "\(place): \(judgement.complaints)")
    }
  }
}
