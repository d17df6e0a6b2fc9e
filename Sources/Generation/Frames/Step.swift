internal import Sockets
internal import Wire

/// One segment of a conversation, in terms of its streams: offset 0 is the first byte behind the
/// SYN, and a FIN takes one offset.
struct Step {
  var direction: Direction
  var flags: TCPFlags
  var offset: Int
  var length = 0
  /// Up to where the stream of the other end has been received.
  var acknowledged: Int
  /// The selectively acknowledged part of that stream; none when empty.
  var selected = 0..<0
  /// How many bytes at the beginning differ from those of the stream.
  var alteredPrefix = 0
  /// Into how many IP fragments the segment is cut.
  var fragments = 1
  /// Whether the fragments are captured last one first.
  var isBackwards = false
  /// Whether TSval is that of the segment before: what left at one moment, however it came.
  var repeatsTimestamp = false
}

/// The segments that a conversation has ahead of it, and how far its streams have come.
struct StepQueue {
  private var steps: [Step] = []
  private var position = 0
  /// The next offset of each stream, by direction.
  private var sent = [0, 0]
  /// Stream bytes that the steps so far deliver.
  var streamBytes = 0

  mutating func next() -> Step? {
    guard position < steps.count else { return nil }
    position += 1
    return steps[position - 1]
  }

  /// Forgets the steps that have been taken.
  mutating func removeAll() {
    steps.removeAll(keepingCapacity: true)
    position = 0
  }

  func sent(_ direction: Direction) -> Int { sent[direction.index] }

  mutating func append(_ step: Step) { steps.append(step) }

  /// Moves a stream on by bytes of which `captured` will be in the capture.
  mutating func advance(_ direction: Direction, by length: Int, captured: Int) {
    sent[direction.index] += length
    streamBytes += captured
  }

  mutating func appendHandshake() {
    append(Step(direction: .out, flags: .syn, offset: -1, acknowledged: 0))
    append(Step(direction: .in, flags: [.syn, .ack], offset: -1, acknowledged: 0))
    appendAcknowledgement(from: .out)
  }

  /// New data, which acknowledges all that the other end has sent.
  mutating func appendData(
    _ direction: Direction, length: Int, flags: TCPFlags = .ack
  ) {
    append(
      Step(
        direction: direction, flags: flags, offset: sent(direction), length: length,
        acknowledged: sent(direction.reversed)))
    advance(direction, by: length, captured: length)
    if flags.contains(.fin) { sent[direction.index] += 1 }
  }

  mutating func appendAcknowledgement(from direction: Direction) {
    append(
      Step(
        direction: direction, flags: .ack, offset: sent(direction),
        acknowledged: sent(direction.reversed)))
  }

  /// FIN, FIN and the last acknowledgement.
  mutating func appendClose(first direction: Direction) {
    appendData(direction, length: 0, flags: [.fin, .ack])
    appendData(direction.reversed, length: 0, flags: [.fin, .ack])
    appendAcknowledgement(from: direction)
  }
}
