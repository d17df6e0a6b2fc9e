import Support
import Wire

/// One direction of a stream as simple as can be: every byte by its offset, the first copy stays.
struct NaiveStream {
  var bytes: [UInt8?] = []
  var end: Int?

  mutating func add(_ text: [UInt8], at offset: Int, lastWins: Bool = false) {
    for (index, byte) in text.enumerated() where offset + index >= 0 {
      while bytes.count <= offset + index { bytes.append(nil) }
      if lastWins || bytes[offset + index] == nil { bytes[offset + index] = byte }
    }
  }

  /// How far it is there without a hole.
  var contiguous: Int { bytes.firstIndex { $0 == nil } ?? bytes.count }

  var delivered: [UInt8] { bytes.compactMap { $0 } }

  /// What is missing before later bytes: offset and length.
  var gaps: [[UInt64]] {
    var gaps: [[UInt64]] = []
    var index = 0
    while index < bytes.count {
      let start = index
      while index < bytes.count, bytes[index] == nil { index += 1 }
      if index > start { gaps.append([UInt64(start), UInt64(index - start)]) }
      while index < bytes.count, bytes[index] != nil { index += 1 }
    }
    return gaps
  }
}
