import Wire

/// A reassembler as simple as can be: of each stream every byte by its offset, first copy first.
/// What the peer has acknowledged is final, so that bytes for it come too late.
struct NaiveReassembler {
  struct Stream {
    var initialSequence: SequenceNumber
    var bytes: [Int: UInt8] = [:]
    /// How far the peer has acknowledged: everything before is delivered or a gap.
    var acknowledged = 0
    /// How far bytes are there without a hole behind `acknowledged`.
    var delivered = 0
    var end: Int?
    /// Copies of bytes that were there with another value.
    var differing = 0
    var highest = 0
  }

  private(set) var streams: [String: Stream] = [:]
  /// New data that came behind later data.
  private(set) var reordered = 0
  private(set) var dataSegments = 0
  private(set) var retransmittedBytes = 0
  private(set) var lateBytes = 0

  init(_ segments: [CapturedSegment]) {
    for segment in segments { add(segment) }
  }

  private mutating func add(_ segment: CapturedSegment) {
    if segment.flags.contains(.syn) {
      streams[segment.sender] = Stream(initialSequence: segment.sequence)
      return
    }
    acknowledge(segment)
    guard var stream = streams[segment.sender] else { return }
    // Offsets below 2³¹ only: enough for these captures.
    let offset = segment.sequence.distance(from: stream.initialSequence + 1)
    if !segment.payload.isEmpty { dataSegments += 1 }
    var isNew = false
    for (index, byte) in segment.payload.enumerated() {
      let place = offset + index
      if let known = stream.bytes[place] {
        retransmittedBytes += 1
        if known != byte { stream.differing += 1 }
      } else if place < stream.acknowledged {
        lateBytes += 1
      } else {
        stream.bytes[place] = byte
        isNew = true
      }
    }
    if isNew && offset + segment.payload.count < stream.highest { reordered += 1 }
    stream.highest = max(stream.highest, offset + segment.payload.count)
    if segment.flags.contains(.fin) { stream.end = offset + segment.payload.count }
    streams[segment.sender] = stream
  }

  private mutating func acknowledge(_ segment: CapturedSegment) {
    guard segment.flags.contains(.ack), var stream = streams[segment.receiver] else { return }
    let edge = segment.acknowledgment.distance(from: stream.initialSequence + 1)
    stream.acknowledged = max(stream.acknowledged, edge)
    streams[segment.receiver] = stream
  }

  var streamBytes: Int { streams.values.reduce(0) { $0 + $1.bytes.count } }
  var gapBytes: Int { streams.values.reduce(0) { $0 + ($1.end ?? 0) - $1.bytes.count } }
  var differingBytes: Int { streams.values.reduce(0) { $0 + $1.differing } }
}
