internal import Sockets
internal import Wire

/// One request and its response, with the headers of HTTP/1.1 as text and a body of noise.
struct HTTPExchange: Script {
  var conversation: Conversation
  var steps = StepQueue()
  private var request: [UInt8]
  private var responseHead: [UInt8]

  init(_ plan: Plan, _ index: Int) {
    conversation = Conversation(plan, index: index)
    var random = SplitMix64(seed: plan.seed, stream: 1 << 40 | UInt64(index))
    request = Self.request(&random, index)
    let bodyLength = Self.bodyLength(plan, &random, requestLength: request.count)
    responseHead = Self.responseHead(bodyLength)
    appendSteps(plan, &random, responseLength: responseHead.count + bodyLength)
  }

  /// Everything is decided at the beginning.
  mutating func refill() {}

  mutating func write(_ step: Step, _ writer: FrameWriter) throws {
    try writer.write(
      step, &conversation, head: step.direction == .out ? request : responseHead)
  }

  private mutating func appendSteps(
    _ plan: Plan, _ random: inout SplitMix64, responseLength: Int
  ) {
    steps.appendHandshake()
    steps.appendData(.out, length: request.count, flags: [.psh, .ack])
    steps.appendAcknowledgement(from: .in)
    let endsWithData = random.next() & 1 == 0
    var left = responseLength
    var unacknowledged = 0
    while left > 0 {
      let length = min(left, plan.maximumPayload)
      left -= length
      unacknowledged += 1
      if left == 0 && endsWithData {
        steps.appendData(.in, length: length, flags: [.fin, .psh, .ack])
        steps.appendData(.out, length: 0, flags: [.fin, .ack])
        return steps.appendAcknowledgement(from: .in)
      }
      steps.appendData(.in, length: length, flags: left == 0 ? [.psh, .ack] : .ack)
      if unacknowledged == 2 || left == 0 {
        steps.appendAcknowledgement(from: .out)
        unacknowledged = 0
      }
    }
    steps.appendClose(first: .in)
  }

  /// A length such that a connection takes its share of the file on average.
  private static func bodyLength(
    _ plan: Plan, _ random: inout SplitMix64, requestLength: Int
  ) -> Int {
    let fixed = plan.handshakeBytes + plan.closeBytes + 3 * plan.overhead + 500
    let left = max(0, plan.bytesPerConnection - fixed)
    // Half a segment more for each, and an acknowledgement for every second one.
    let mean = left * 2 * plan.maximumPayload / (2 * plan.maximumPayload + 3 * plan.overhead)
    return random.next(in: (mean / 8)...(mean * 15 / 8))
  }

  private static func request(_ random: inout SplitMix64, _ index: Int) -> [UInt8] {
    var text: [UInt8] = []
    text.append("GET /objects/\(index)/")
    text.append(hexadecimal: &random, digits: 8)
    text.append(
      " HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n")
    text.append("Accept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\nCookie: session=")
    text.append(hexadecimal: &random, digits: random.next(in: 120...312))
    text.append("\r\n\r\n")
    return text
  }

  private static func responseHead(_ bodyLength: Int) -> [UInt8] {
    var text: [UInt8] = []
    text.append("HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: application/octet-stream\r\n")
    text.append("Content-Length: \(bodyLength)\r\nConnection: close\r\n\r\n")
    return text
  }
}
