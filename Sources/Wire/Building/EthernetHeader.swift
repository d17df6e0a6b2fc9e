/// One VLAN tag (IEEE 802.1Q): its own type, and the tag control information.
@frozen
public struct VLANTag: Hashable, Sendable, BitwiseCopyable {
  public var type: EtherType
  /// Priority (3 bits), drop eligible (1 bit), VLAN identifier (12 bits).
  public var control: UInt16

  /// `identifier` is cut to 12 bits, `priority` to 3.
  @inlinable
  public init(_ identifier: UInt16, priority: UInt8 = 0, type: EtherType = .vlan) {
    self.type = type
    control = UInt16(priority & 7) << 13 | identifier & 0xFFF
  }

  @inlinable public var identifier: UInt16 { control & 0xFFF }
}

/// An Ethernet header to be written, with up to two VLAN tags.
public struct EthernetHeader: Hashable, Sendable, BitwiseCopyable {
  public var destination: MACAddress
  public var source: MACAddress
  public var outerTag: VLANTag?
  /// The second tag of QinQ; alone it stands like an outer one.
  public var innerTag: VLANTag?
  /// What follows the header and its tags.
  public var type: EtherType

  public init(
    destination: MACAddress, source: MACAddress, outerTag: VLANTag? = nil,
    innerTag: VLANTag? = nil, type: EtherType = .ipv4
  ) {
    self.destination = destination
    self.source = source
    self.outerTag = outerTag
    self.innerTag = innerTag
    self.type = type
  }

  public var byteCount: Int { 14 + (outerTag == nil ? 0 : 4) + (innerTag == nil ? 0 : 4) }

  /// Writes `byteCount` bytes at `offset`.
  public func write(to buffer: inout MutableRawSpan, at offset: Int = 0) {
    buffer.store(UInt32(truncatingIfNeeded: destination.rawValue >> 16), bigEndianAt: offset)
    buffer.store(UInt16(truncatingIfNeeded: destination.rawValue), bigEndianAt: offset + 4)
    buffer.store(UInt32(truncatingIfNeeded: source.rawValue >> 16), bigEndianAt: offset + 6)
    buffer.store(UInt16(truncatingIfNeeded: source.rawValue), bigEndianAt: offset + 10)
    var end = offset + 12
    if let outerTag { end = Self.write(outerTag, to: &buffer, at: end) }
    if let innerTag { end = Self.write(innerTag, to: &buffer, at: end) }
    buffer.store(type.rawValue, bigEndianAt: end)
  }

  private static func write(
    _ tag: VLANTag, to buffer: inout MutableRawSpan, at offset: Int
  ) -> Int {
    buffer.store(tag.type.rawValue, bigEndianAt: offset)
    buffer.store(tag.control, bigEndianAt: offset + 2)
    return offset + 4
  }
}
