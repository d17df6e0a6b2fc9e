/// How a stretch of R is cut into segments.
///
/// A receiver's MSS (RFC 9293 §3.7.1) counts the data of a segment without any options; those that are
/// sent take their part of it (RFC 6691 §2).
package struct Segmentation: Hashable, Sendable {
  /// Most bytes of a segment.
  package var limit: Int
  /// Most bytes of the first one, which may have more options than the others.
  package var firstLimit: Int

  /// What a host has to take that never said what it takes (RFC 9293 §3.7.1).
  package static var defaultMaximumSegmentSize: Int { 536 }
  /// What a segment has of data, however small an MSS is: with an MSS of 1, each held byte would leave as
  /// a packet of its own (CVE-2019-11479). Every network carries 68 bytes (RFC 791): of these as much is
  /// left behind two headers and timestamps.
  package static var leastData: Int { 16 }
  /// Two bytes of padding and the option (RFC 7323 appendix A).
  package static var timestampsLength: Int { 12 }

  /// - Parameters:
  ///   - options: bytes of options that every segment has, padding included.
  ///   - firstOptions: what the first one has besides.
  package init(maximumSegmentSize: Int, options: Int, firstOptions: Int = 0) {
    limit = max(maximumSegmentSize - options, Self.leastData)
    // It is one alone.
    firstLimit = max(maximumSegmentSize - options - firstOptions, 1)
  }

  /// The segments of a stretch, in their order; none for an empty one.
  package func pieces(of range: Range<Int64>) -> [Range<Int64>] {
    var pieces: [Range<Int64>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(start + Int64(pieces.isEmpty ? firstLimit : limit), range.upperBound)
      pieces.append(start..<end)
      start = end
    }
    return pieces
  }

  /// How long a SACK option is with its padding (RFC 2018 §3).
  package static func sackLength(blocks: Int) -> Int { blocks == 0 ? 0 : 4 + 8 * blocks }
}
