public import Wire

/// One captured frame: where its bytes lie, and what its record said.
///
/// The bytes belong to the source and stay in place until the batch is filled again
/// (for a mapped file: as long as the source lives).
@safe
@frozen
public struct Frame: BitwiseCopyable {
  @usableFromInline let base: UnsafeRawPointer
  public let capturedLength: Int
  /// How long the frame was on the wire.
  public let originalLength: Int
  public let timestamp: Timestamp
  /// The time as the record wrote it: for pcap seconds in the upper 32 bits and the fraction in the
  /// lower, for pcapng the 64-bit count of units. A writer of the same resolution repeats it.
  public let stamp: UInt64
  /// Index into the interfaces of the source.
  public let interface: Int
  /// The number of the packet in the whole input, from 1.
  public let ordinal: UInt64
  public let linkType: LinkType
  /// What its record in the capture file is like.
  public let record: FrameRecord

  /// `base` must hold `capturedLength` bytes, and around them what the record says.
  @unsafe @inlinable
  public init(
    base: UnsafeRawPointer, capturedLength: Int, originalLength: Int, timestamp: Timestamp,
    stamp: UInt64, interface: Int, ordinal: UInt64, linkType: LinkType,
    record: FrameRecord = .none
  ) {
    unsafe self.base = base
    self.capturedLength = capturedLength
    self.originalLength = originalLength
    self.timestamp = timestamp
    self.stamp = stamp
    self.interface = interface
    self.ordinal = ordinal
    self.linkType = linkType
    self.record = record
  }

  /// The same frame under other numbers: as one of an input of several files.
  public func renumbered(ordinal: UInt64, interface: Int) -> Self {
    unsafe Self(
      base: base, capturedLength: capturedLength, originalLength: originalLength,
      timestamp: timestamp, stamp: stamp, interface: interface, ordinal: ordinal,
      linkType: linkType, record: record)
  }

  /// The same frame without its last bytes.
  public func droppingLast(_ count: Int) -> Self {
    let count = min(count, capturedLength)
    return unsafe Self(
      base: base, capturedLength: capturedLength - count, originalLength: originalLength - count,
      timestamp: timestamp, stamp: stamp, interface: interface, ordinal: ordinal,
      linkType: linkType, record: record)
  }

  @inlinable
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      // In bounds by the contract of the initialiser.
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: capturedLength)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
