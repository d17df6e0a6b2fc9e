/// A section of a pcapng file: it has its own byte order and counts its own interfaces.
struct Section {
  private static let magic: UInt32 = 0x1a2b_3c4d

  var isBigEndian: Bool
  /// The index, among the interfaces of the whole input, of this section's first one.
  var firstInterface: Int

  /// Whether a file begins with a section header block: its type reads the same in both byte
  /// orders, the magic behind the length tells which it is.
  static func isStart(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= BlockHeader.minimumLength else { return false }
    let span = unsafe bytes.span.bytes
    return span.load(bigEndianAt: 0, as: UInt32.self) == BlockType.section && byteOrder(span) != nil
  }

  /// - Parameter bytes: at least 12 bytes from the start of a section header block.
  static func byteOrder(_ bytes: RawSpan) -> Bool? {
    let stored: UInt32 = bytes.load(bigEndianAt: 8)
    if stored == magic { return true }
    return stored == magic.byteSwapped ? false : nil
  }

  /// - Parameters:
  ///   - body: what lies between the block's two lengths. The length of the section in it is not
  ///     used: it may be -1, and the blocks say themselves where they end. Nor is the version: if
  ///     there ever is another one whose blocks are different, their checks notice it.
  init(body: Fields, firstInterface: Int) throws(BlockProblem) {
    guard body.count >= 16 else { throw BlockProblem("section header block is too short") }
    isBigEndian = body.isBigEndian
    self.firstInterface = firstInterface
  }
}
