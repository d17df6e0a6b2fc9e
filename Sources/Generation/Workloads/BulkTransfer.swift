internal import Sockets
internal import Wire

/// One long transfer in full segments: downloads and uploads in turn.
struct BulkTransfer: Script {
  var conversation: Conversation
  var steps = StepQueue()
  private let direction: Direction
  private let segmentLength: Int
  private var pairsLeft: Int
  private var isClosed = false

  init(_ plan: Plan, _ index: Int) {
    conversation = Conversation(plan, index: index)
    direction = index & 1 == 0 ? .in : .out
    segmentLength = plan.maximumPayload
    let pair = 2 * segmentLength + 3 * plan.overhead
    pairsLeft = max(0, plan.bytesPerConnection - plan.handshakeBytes - plan.closeBytes) / pair
    steps.appendHandshake()
  }

  mutating func refill() {
    if pairsLeft > 0 {
      pairsLeft -= 1
      steps.appendData(direction, length: segmentLength)
      steps.appendData(direction, length: segmentLength, flags: [.psh, .ack])
      steps.appendAcknowledgement(from: direction.reversed)
    } else if !isClosed {
      isClosed = true
      steps.appendClose(first: direction)
    }
  }
}
