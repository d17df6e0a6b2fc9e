internal import Wire

/// The bytes that streams are made of: 1 MiB of noise that every stream reads from a place of its
/// own, round and round. The byte at any offset of any stream can so be told at any time, which is
/// what retransmissions need.
struct PayloadPool {
  private static let size = 1 << 20
  /// The longest piece.
  static let pieceLimit = 1 << 16

  /// The noise, and its beginning again behind it, so that no piece is cut.
  private let bytes: [UInt8]

  init(seed: UInt64) {
    var random = SplitMix64(seed: seed, stream: .max)
    var bytes = [UInt8](repeating: 0, count: Self.size)
    var span = bytes.mutableSpan
    var buffer = unsafe span.mutableBytes
    for offset in stride(from: 0, to: Self.size, by: 8) {
      buffer.store(random.next().byteSwapped, bigEndianAt: offset)
    }
    self.bytes = bytes + bytes[..<Self.pieceLimit]
  }

  /// `length` bytes at `offset` of the stream that begins at `key`. At most `pieceLimit`.
  @_lifetime(borrow self)
  func piece(of key: UInt32, at offset: Int, length: Int) -> RawSpan {
    let start = (Int(key) &+ offset) & (Self.size - 1)
    return unsafe bytes.span.bytes.extracting(start..<(start + length))
  }
}
