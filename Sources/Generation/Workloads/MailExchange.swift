internal import Sockets
internal import Wire

/// A message of some lines that is handed over by SMTP (RFC 5321), both ends in turn.
///
/// The protocol announces no lengths, so that its text may become longer and stays a dialogue that
/// both ends understand. The word `Friday` stands in the subject, and wherever one segment of the
/// message ends and the next begins.
struct MailExchange: Script {
  var conversation: Conversation
  var steps = StepQueue()
  /// What each end says, by `Direction.index`.
  private var texts: [[UInt8]] = [[], []]
  private let maximumPayload: Int

  init(_ plan: Plan, _ index: Int) {
    conversation = Conversation(plan, index: index)
    maximumPayload = plan.maximumPayload
    var random = SplitMix64(seed: plan.seed, stream: 1 << 40 | UInt64(index))
    let message = Self.message(plan, &random)
    steps.appendHandshake()
    say(.in, "220 mail.example.net ESMTP ready\r\n")
    say(.out, "EHLO home.example.com\r\n")
    say(.in, "250-mail.example.net\r\n250 8BITMIME\r\n")
    say(.out, "MAIL FROM:<\(message.sender)@example.com>\r\n")
    say(.in, "250 2.1.0 Ok\r\n")
    say(.out, "RCPT TO:<\(message.recipient)@example.net>\r\n")
    say(.in, "250 2.1.5 Ok\r\n")
    say(.out, "DATA\r\n")
    say(.in, "354 End data with <CR><LF>.<CR><LF>\r\n")
    say(.out, message.text)
    say(.in, "250 2.0.0 Ok: queued\r\n")
    say(.out, "QUIT\r\n")
    say(.in, "221 2.0.0 Bye\r\n")
    steps.appendClose(first: .in)
  }

  /// Everything is decided at the beginning.
  mutating func refill() {}

  mutating func write(_ step: Step, _ writer: FrameWriter) throws {
    try writer.write(step, &conversation, head: texts[step.direction.index])
  }

  private mutating func say(_ direction: Direction, _ text: String) {
    say(direction, Array(text.utf8))
  }

  /// What is said goes in full segments, an acknowledgement for every second one; the last is
  /// acknowledged with the answer to it.
  private mutating func say(_ direction: Direction, _ text: [UInt8]) {
    texts[direction.index] += text
    var left = text.count
    var unacknowledged = 0
    while left > 0 {
      let length = min(left, maximumPayload)
      left -= length
      unacknowledged += 1
      steps.appendData(direction, length: length, flags: left == 0 ? [.psh, .ack] : .ack)
      if unacknowledged == 2, left > 0 {
        steps.appendAcknowledgement(from: direction.reversed)
        unacknowledged = 0
      }
    }
  }
}

// What is in a message.
extension MailExchange {
  private struct Message {
    var sender: String
    var recipient: String
    /// As it is sent: with the line that ends it.
    var text: [UInt8] = []
  }

  private static var senders: [String] { ["ada", "alan", "barbara", "grace"] }
  private static var recipients: [String] { ["dennis", "edsger", "frances", "ken"] }
  private static var lines: [String] {
    [
      "I have read the draft, and there is little left to do.",
      "Please bring the tables, and the drawings if they are ready.",
      "The room is on the second floor, to the left of the stairs.",
      "Whoever comes by train is there at half past nine.",
      "We begin with the open questions and end with a walk.",
      "Until then all of us should have looked at the figures.",
      "Coffee is there, and so is tea.",
      "If somebody cannot come, let me know.",
    ]
  }

  private static var greeting: String { "We meet on " }
  private static var word: String { "Friday" }
  private static var reference: String { "Reference: " }
  /// How much of the word is in front of a border of segments.
  private static var overhang: Int { 3 }

  private static func message(_ plan: Plan, _ random: inout SplitMix64) -> Message {
    var message = Message(
      sender: senders[random.next(in: 0...(senders.count - 1))],
      recipient: recipients[random.next(in: 0...(recipients.count - 1))])
    message.text.append("Subject: \(word)\r\nFrom: \(message.sender)@example.com\r\n")
    message.text.append("To: \(message.recipient)@example.net\r\n")
    message.text.append("Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <")
    message.text.append(hexadecimal: &random, digits: 16)
    message.text.append("@example.com>\r\n\r\n")
    let length = messageLength(plan, &random)
    repeat { appendLine(to: &message.text, plan, &random) } while message.text.count < length
    message.text.append(".\r\n")
    return message
  }

  /// A length such that a connection takes its share of the file on average.
  private static func messageLength(_ plan: Plan, _ random: inout SplitMix64) -> Int {
    // Twelve things are said besides the message, with 300 bytes.
    let fixed = plan.handshakeBytes + plan.closeBytes + 12 * plan.overhead + 300
    let left = max(0, plan.bytesPerConnection - fixed)
    let mean = left * 2 * plan.maximumPayload / (2 * plan.maximumPayload + 3 * plan.overhead)
    return random.next(in: (mean * 3 / 4)...(mean * 5 / 4))
  }

  /// Where a segment is about to end, two lines so that the word is cut in two, else any.
  private static func appendLine(
    to text: inout [UInt8], _ plan: Plan, _ random: inout SplitMix64
  ) {
    let left = plan.maximumPayload - text.count % plan.maximumPayload
    let fixed = reference.utf8.count + 2 + greeting.utf8.count + overhang
    let longest = lines.reduce(0) { max($0, $1.utf8.count) } + 2
    if left > fixed + longest {
      text.append(lines[random.next(in: 0...(lines.count - 1))] + "\r\n")
    } else {
      text.append(reference)
      text.append(hexadecimal: &random, digits: left - fixed)
      text.append("\r\n\(greeting)\(word) at ten.\r\n")
    }
  }
}
