import Wire

/// SplitMix64: the same numbers for the same seed, on every machine.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
  }
}

extension [UInt8] {
  init(_ span: RawSpan) {
    self = (0..<span.byteCount).map { span.byte(at: $0) }
  }

  /// Bytes written as hexadecimal digits; spaces between them do not count.
  init(hex: String) {
    let digits = hex.utf8.filter { $0 != 0x20 && $0 != 0x0A }.map {
      UInt8(String(UnicodeScalar($0)), radix: 16)!
    }
    self = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  mutating func withBuffer(_ body: (inout MutableRawSpan) -> Void) {
    var span = mutableSpan
    var buffer = span.mutableBytes
    body(&buffer)
  }
}

/// What an initialiser of a view throws; `nil` when it accepts.
func wireError(_ body: () throws(WireError) -> Void) -> WireError? {
  do {
    try body()
    return nil
  } catch { return error }
}
