import Buffers
import Wire

/// Bytes of a block as it is put together, in the byte order of its section.
struct BlockBytes {
  private(set) var bytes: [UInt8] = []
  let isBigEndian: Bool

  init(isBigEndian: Bool) { self.isBigEndian = isBigEndian }

  mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    let ordered = isBigEndian ? value.bigEndian : value.littleEndian
    unsafe withUnsafeBytes(of: ordered) { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(_ span: RawSpan) {
    unsafe span.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  mutating func append(_ other: [UInt8]) { bytes += other }

  /// Zeros up to the next word of 32 bits.
  mutating func pad() { while bytes.count & 3 != 0 { bytes.append(0) } }

  /// A value longer than an option can be is cut.
  mutating func option(_ code: UInt16, _ value: [UInt8]) {
    let value = value.prefix(Int(UInt16.max))
    append(code)
    append(UInt16(value.count))
    append(Array(value))
    pad()
  }

  /// `opt_endofopt`.
  mutating func endOptions() { append(UInt32(0)) }

  /// The block that has these bytes between its lengths.
  func block(_ type: UInt32) -> [UInt8] {
    var whole = Self(isBigEndian: isBigEndian)
    let length = UInt32(clamping: bytes.count + BlockHeader.minimumLength)
    whole.append(type)
    whole.append(length)
    whole.append(bytes)
    whole.append(length)
    return whole.bytes
  }
}

/// Blocks that are made of nothing but what is known of a source.
extension BlockBytes {
  /// A section header: magic, version 1.0, length not known.
  static func section(isBigEndian: Bool = false, options: [UInt8] = []) -> [UInt8] {
    var body = Self(isBigEndian: isBigEndian)
    body.append(UInt32(0x1a2b_3c4d))
    body.append(UInt16(1))
    body.append(UInt16(0))
    body.append(UInt64.max)
    body.append(options)
    return body.block(BlockType.section)
  }

  static func interface(_ interface: CaptureInterface, isBigEndian: Bool = false) -> [UInt8] {
    var body = start(of: interface, isBigEndian: isBigEndian)
    if let name = interface.name {
      body.option(InterfaceBlock.OptionCode.name, Array(name.utf8))
    }
    if interface.resolution != .microseconds {
      body.option(InterfaceBlock.OptionCode.timeResolution, [interface.resolution.rawValue])
    }
    if let length = interface.fcsLength {
      body.option(InterfaceBlock.OptionCode.fcsLength, [length])
    }
    if interface.timeOffset != 0 {
      var value = Self(isBigEndian: isBigEndian)
      value.append(interface.timeOffset)
      body.option(InterfaceBlock.OptionCode.timeOffset, value.bytes)
    }
    if body.bytes.count > 8 { body.endOptions() }
    return body.block(BlockType.interface)
  }

  /// An interface description block up to its options.
  private static func start(of interface: CaptureInterface, isBigEndian: Bool) -> Self {
    var body = Self(isBigEndian: isBigEndian)
    body.append(UInt16(truncatingIfNeeded: interface.linkType.rawValue))
    body.append(UInt16(0))
    body.append(interface.snapLength)
    return body
  }
}
