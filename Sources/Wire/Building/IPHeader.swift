/// An IPv4 or IPv6 header to be written: the family is that of `source`, and must be that of
/// `destination` too.
public struct IPHeader: Hashable, Sendable, BitwiseCopyable {
  /// What makes a packet one fragment of several.
  public struct Fragment: Hashable, Sendable, BitwiseCopyable {
    /// In bytes, a multiple of 8.
    public var offset: Int
    public var moreFragments: Bool

    public init(offset: Int, moreFragments: Bool) {
      self.offset = offset
      self.moreFragments = moreFragments
    }
  }

  public var source: IPAddress
  public var destination: IPAddress
  public var `protocol`: IPProtocol
  public var trafficClass: UInt8 = 0
  /// Time to Live in IPv4.
  public var hopLimit: UInt8 = 64
  /// 20 bits; IPv6 only.
  public var flowLabel: UInt32 = 0
  /// 16 bits in IPv4; in IPv6 it is written only with `fragment`.
  public var identification: UInt32 = 0
  /// IPv4 only; off where there is a `fragment`.
  public var dontFragment = true
  /// In IPv6 it adds a Fragment header of 8 bytes.
  public var fragment: Fragment?

  public init(source: IPAddress, destination: IPAddress, protocol: IPProtocol = .tcp) {
    self.source = source
    self.destination = destination
    self.protocol = `protocol`
  }

  public var byteCount: Int {
    source.family == .ipv4 ? 20 : fragment == nil ? 40 : 48
  }

  /// Writes `byteCount` bytes at `offset`, with the header checksum in IPv4. A length field that
  /// cannot hold the length is 0, as segmentation offload leaves it.
  public func write(
    payloadLength: Int, to buffer: inout MutableRawSpan, at offset: Int = 0
  ) {
    switch source.family {
    case .ipv4: writeIPv4(payloadLength, &buffer, offset)
    case .ipv6: writeIPv6(payloadLength, &buffer, offset)
    }
  }

  private func writeIPv4(_ payloadLength: Int, _ buffer: inout MutableRawSpan, _ offset: Int) {
    buffer.store(0x4500 | UInt16(trafficClass), bigEndianAt: offset)
    buffer.store(UInt16(exactly: payloadLength + 20) ?? 0, bigEndianAt: offset + 2)
    buffer.store(UInt16(truncatingIfNeeded: identification), bigEndianAt: offset + 4)
    buffer.store(flagsAndOffset, bigEndianAt: offset + 6)
    buffer.store(byte: hopLimit, at: offset + 8)
    buffer.store(byte: `protocol`.rawValue, at: offset + 9)
    buffer.store(UInt16(0), bigEndianAt: offset + 10)
    buffer.store(UInt32(truncatingIfNeeded: source.low), bigEndianAt: offset + 12)
    buffer.store(UInt32(truncatingIfNeeded: destination.low), bigEndianAt: offset + 16)
    buffer.updateIPv4Checksum(at: offset, headerLength: 20)
  }

  private var flagsAndOffset: UInt16 {
    guard let fragment else { return dontFragment ? 0x4000 : 0 }
    return (fragment.moreFragments ? 0x2000 : 0) | UInt16(fragment.offset / 8 & 0x1FFF)
  }

  private func writeIPv6(_ payloadLength: Int, _ buffer: inout MutableRawSpan, _ offset: Int) {
    let extensions = byteCount - 40
    let next = fragment == nil ? `protocol` : .fragment
    let first = 0x6000_0000 | UInt32(trafficClass) << 20 | flowLabel & 0xFFFFF
    buffer.store(first, bigEndianAt: offset)
    buffer.store(UInt16(exactly: payloadLength + extensions) ?? 0, bigEndianAt: offset + 4)
    buffer.store(byte: next.rawValue, at: offset + 6)
    buffer.store(byte: hopLimit, at: offset + 7)
    buffer.store(source.high, bigEndianAt: offset + 8)
    buffer.store(source.low, bigEndianAt: offset + 16)
    buffer.store(destination.high, bigEndianAt: offset + 24)
    buffer.store(destination.low, bigEndianAt: offset + 32)
    guard let fragment else { return }
    let place = UInt16(fragment.offset & 0xFFF8) | (fragment.moreFragments ? 1 : 0)
    buffer.store(UInt16(`protocol`.rawValue) << 8, bigEndianAt: offset + 40)
    buffer.store(place, bigEndianAt: offset + 42)
    buffer.store(identification, bigEndianAt: offset + 44)
  }
}
