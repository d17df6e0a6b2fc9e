/// The numbers of blocks that something is known of (draft-ietf-opsawg-pcapng, section 4). Whoever reads
/// packets looks into sections, interfaces and packets only.
enum BlockType {
  static let section: UInt32 = 0x0a0d_0d0a
  static let interface: UInt32 = 1
  static let obsoletePacket: UInt32 = 2
  static let simplePacket: UInt32 = 3
  static let names: UInt32 = 4
  static let statistics: UInt32 = 5
  static let enhancedPacket: UInt32 = 6
  static let journal: UInt32 = 9
  static let secrets: UInt32 = 10
  static let custom: UInt32 = 0x0bad
  /// One that is not to be copied into a file with other packets.
  static let customNotCopied: UInt32 = 0x4000_0bad
}

/// Why a block makes no sense.
struct BlockProblem: Error, Equatable {
  /// One clause.
  var reason: String

  init(_ reason: String) { self.reason = reason }
}

/// Type and length of a block, and the frame that every block has: its length is repeated at the
/// end.
struct BlockHeader {
  /// Type, length, and length.
  static let minimumLength = 12
  /// Of the repeated length.
  static let endLength = 4

  let type: UInt32
  /// Of the whole block.
  let length: Int

  /// - Parameter bytes: at least `minimumLength` bytes from the start of the block.
  init(_ bytes: RawSpan, isBigEndian: Bool) throws(BlockProblem) {
    let fields = Fields(bytes: bytes, isBigEndian: isBigEndian)
    type = fields.word(0)
    length = Int(fields.word(4))
    guard length >= Self.minimumLength, length & 3 == 0,
      length <= CaptureLimits.blockLength || mayBeSkipped
    else { throw BlockProblem("block claims \(length) bytes") }
  }

  /// Whether it is of a known kind that is nothing but passed on: it may be as long as it likes.
  var mayBeSkipped: Bool {
    switch type {
    case BlockType.names, BlockType.journal, BlockType.secrets,
      BlockType.custom, BlockType.customNotCopied:
      true
    default: false
    }
  }

  /// - Parameter bytes: at least `length` bytes from the start of the block.
  func checkEnd(_ bytes: RawSpan, isBigEndian: Bool) throws(BlockProblem) {
    let repeated = Fields(bytes: bytes, isBigEndian: isBigEndian).word(length - 4)
    guard repeated == UInt32(truncatingIfNeeded: length) else {
      throw BlockProblem("block of \(length) bytes ends as one of \(repeated)")
    }
  }

  /// Between the header and the repeated length.
  var bodyRange: Range<Int> { 8..<length - 4 }
}

/// Bytes with the byte order of their section. Offsets are checked and must lie inside.
struct Fields: ~Escapable {
  let bytes: RawSpan
  let isBigEndian: Bool

  @_lifetime(copy bytes)
  init(bytes: RawSpan, isBigEndian: Bool) {
    self.bytes = bytes
    self.isBigEndian = isBigEndian
  }

  var count: Int { bytes.byteCount }

  func half(_ offset: Int) -> UInt16 {
    isBigEndian ? bytes.load(bigEndianAt: offset) : bytes.load(littleEndianAt: offset)
  }

  func word(_ offset: Int) -> UInt32 {
    isBigEndian ? bytes.load(bigEndianAt: offset) : bytes.load(littleEndianAt: offset)
  }

  func long(_ offset: Int) -> UInt64 {
    isBigEndian ? bytes.load(bigEndianAt: offset) : bytes.load(littleEndianAt: offset)
  }
}
