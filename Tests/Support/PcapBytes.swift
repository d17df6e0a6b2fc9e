/// Makes the bytes of a pcap file in memory, right or wrong as a test needs it.
public struct PcapBytes {
  public enum Magic: UInt32, CaseIterable, Sendable {
    case microseconds = 0xa1b2_c3d4
    case nanoseconds = 0xa1b2_3c4d
    /// Alexey Kuznetsov's format, whose record headers have 8 bytes more.
    case modified = 0xa1b2_cd34
  }

  public private(set) var bytes: [UInt8] = []
  private let magic: Magic
  private let isBigEndian: Bool

  /// - Parameter linkType: the whole 32-bit field; 1 is Ethernet.
  public init(
    _ magic: Magic = .microseconds, bigEndian: Bool = false, version: (UInt16, UInt16) = (2, 4),
    snapLength: UInt32 = 262_144, linkType: UInt32 = 1
  ) {
    self.magic = magic
    isBigEndian = bigEndian
    append(magic.rawValue)
    append(version.0)
    append(version.1)
    append(UInt64(0))
    append(snapLength)
    append(linkType)
  }

  /// Adds a record. Lengths are those of `data` unless they are given.
  public mutating func packet(
    _ data: [UInt8], seconds: UInt32 = 0, fraction: UInt32 = 0, captured: UInt32? = nil,
    original: UInt32? = nil
  ) {
    append(seconds)
    append(fraction)
    append(captured ?? UInt32(data.count))
    append(original ?? captured ?? UInt32(data.count))
    if magic == .modified { append(UInt64(0)) }
    bytes += data
  }

  /// Adds an integer in the byte order of the file.
  public mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    bytes.append(value, bigEndian: isBigEndian)
  }
}

extension [UInt8] {
  /// Appends an integer in a byte order.
  public mutating func append<Value: FixedWidthInteger>(_ value: Value, bigEndian: Bool) {
    Swift.withUnsafeBytes(of: bigEndian ? value.bigEndian : value.littleEndian) {
      append(contentsOf: $0)
    }
  }

  /// Bytes that tell packets apart: `count` of them, derived from `seed`.
  public static func pattern(_ count: Int, seed: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ seed &* 31 &+ ($0 >> 8)) }
  }
}
