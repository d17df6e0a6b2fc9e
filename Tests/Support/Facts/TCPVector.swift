import Reassembly
import Sockets

/// Segments of one direction in the order in which they arrive, and what a host makes of them.
public struct TCPVector {
  public var policy = TCPPolicy.first
  /// The sequence number of the SYN.
  public var initialSequence: UInt32 = 1000
  /// Offset 0 is the first byte behind the SYN.
  public var segments: [(offset: Int, data: [UInt8])] = []

  public init() {}

  /// The stream as an analyzer gets it, both ways round and over both families; `nil` where these differ.
  /// A point stands for each byte of a gap.
  public func stream() -> String? {
    var streams: Set<String> = []
    for family in Conversation.Family.allCases {
      for direction in Direction.allCases { streams.insert(stream(direction, family)) }
    }
    return streams.count == 1 ? streams.first : nil
  }

  private func stream(_ direction: Direction, _ family: Conversation.Family) -> String {
    var text = ""
    for note in notes(direction, family) {
      switch note {
      case .data(direction, _, let bytes, _): text += String(decoding: bytes, as: UTF8.self)
      case .event(.gap(direction, _, let length), _):
        text += String(repeating: ".", count: Int(clamping: length))
      default: break
      }
    }
    return text
  }

  /// The ranges of the stream that are there, as offsets.
  public func ranges() -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for note in notes(.out, .ipv4) {
      guard case .data(.out, let offset, let bytes, _) = note else { continue }
      let range = Int(offset)..<Int(offset) + bytes.count
      if let last = ranges.last, last.upperBound == range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      } else {
        ranges.append(range)
      }
    }
    return ranges
  }

  private func notes(
    _ direction: Direction, _ family: Conversation.Family
  ) -> [RecordingHandler.Note] {
    let sequences = (initialSequence, UInt32(5000))
    let talk = Conversation(
      family, initialSequences: direction == .out ? sequences : (sequences.1, sequences.0))
    talk.opens()
    let sender: End = direction == .out ? talk.originator : talk.responder
    for segment in segments { sender.sends(segment.data, at: segment.offset) }
    var configuration = ReassemblyConfiguration()
    configuration.tcpPolicy = policy
    return reassemble(talk.frames, configuration).sockets.first?.notes ?? []
  }
}
