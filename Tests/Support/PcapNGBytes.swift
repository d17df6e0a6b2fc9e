/// Makes the bytes of a pcapng file in memory, block by block, right or wrong as a test needs it.
public struct PcapNGBytes {
  public struct Option {
    public var code: UInt16
    public var value: [UInt8]

    public init(_ code: UInt16, _ value: [UInt8]) {
      self.code = code
      self.value = value
    }

    public static func name(_ name: String) -> Self { Self(2, Array(name.utf8)) }
    /// The exponent of 10; with 0x80 added, of 2.
    public static func resolution(_ exponent: UInt8) -> Self { Self(9, [exponent]) }
    public static func timeOffset(_ seconds: Int64, bigEndian: Bool = false) -> Self {
      var value: [UInt8] = []
      value.append(seconds, bigEndian: bigEndian)
      return Self(14, value)
    }
    public static func comment(_ text: String) -> Self { Self(1, Array(text.utf8)) }
  }

  public private(set) var bytes: [UInt8] = []
  private var isBigEndian = false

  /// Begins without any block.
  public init() {}

  /// Begins with a section header.
  public init(bigEndian: Bool) { section(bigEndian: bigEndian) }

  public mutating func section(
    bigEndian: Bool = false, length: Int64 = -1, major: UInt16 = 1, options: [Option] = []
  ) {
    isBigEndian = bigEndian
    block(0x0a0d_0d0a) {
      $0.append(UInt32(0x1a2b_3c4d))
      $0.append(major)
      $0.append(UInt16(0))
      $0.append(length)
      $0.append(options)
    }
  }

  public mutating func interface(
    linkType: UInt16 = 1, snapLength: UInt32 = 262_144, options: [Option] = []
  ) {
    block(1) {
      $0.append(linkType)
      $0.append(UInt16(0))
      $0.append(snapLength)
      $0.append(options)
    }
  }

  /// An enhanced packet block.
  public mutating func packet(
    _ data: [UInt8], interface: UInt32 = 0, stamp: UInt64 = 0, captured: UInt32? = nil,
    original: UInt32? = nil, options: [Option] = []
  ) {
    block(6) {
      $0.append(interface)
      $0.append(UInt32(truncatingIfNeeded: stamp >> 32))
      $0.append(UInt32(truncatingIfNeeded: stamp))
      $0.append(captured ?? UInt32(data.count))
      $0.append(original ?? UInt32(data.count))
      $0.append(padded: data)
      $0.append(options)
    }
  }

  /// The packet block that came before the enhanced one.
  public mutating func obsoletePacket(
    _ data: [UInt8], interface: UInt16 = 0, drops: UInt16 = 0, stamp: UInt64 = 0,
    original: UInt32? = nil
  ) {
    block(2) {
      $0.append(interface)
      $0.append(drops)
      $0.append(UInt32(truncatingIfNeeded: stamp >> 32))
      $0.append(UInt32(truncatingIfNeeded: stamp))
      $0.append(UInt32(data.count))
      $0.append(original ?? UInt32(data.count))
      $0.append(padded: data)
    }
  }

  public mutating func simplePacket(_ data: [UInt8], original: UInt32? = nil) {
    block(3) {
      $0.append(original ?? UInt32(data.count))
      $0.append(padded: data)
    }
  }

  /// A block of any type, with these bytes between its lengths, padded.
  public mutating func block(_ type: UInt32, body: [UInt8] = []) {
    block(type) { $0.append(padded: body) }
  }

  /// A block of any type. The lengths are right unless they are given.
  public mutating func block(
    _ type: UInt32, length: UInt32? = nil, repeated: UInt32? = nil,
    _ body: (inout PcapNGBytes) -> Void
  ) {
    var content = PcapNGBytes()
    content.isBigEndian = isBigEndian
    body(&content)
    let whole = UInt32(content.bytes.count + 12)
    append(type)
    append(length ?? whole)
    bytes += content.bytes
    append(repeated ?? length ?? whole)
  }

  /// Adds an integer in the byte order of the section.
  public mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    bytes.append(value, bigEndian: isBigEndian)
  }

  public mutating func append(padded data: [UInt8]) {
    bytes += data + [UInt8](repeating: 0, count: -data.count & 3)
  }

  public mutating func append(_ options: [Option]) {
    for option in options {
      append(option.code)
      append(UInt16(option.value.count))
      append(padded: option.value)
    }
    if !options.isEmpty { append(UInt32(0)) }
  }
}
