/// A copy of a frame, with its record, that outlives its batch.
@safe
public final class HeldFrame {
  private let memory: UnsafeMutableRawPointer
  public let count: Int
  /// Valid as long as this object lives.
  public let frame: Frame

  public init(_ frame: Frame) {
    count = frame.capturedLength
    let memory = UnsafeMutableRawPointer.allocate(
      byteCount: max(frame.recordLength, 1), alignment: 16)
    unsafe self.memory = unsafe memory
    self.frame = unsafe Frame(
      base: memory + frame.record.headerLength, capturedLength: count,
      originalLength: frame.originalLength, timestamp: frame.timestamp, stamp: frame.stamp,
      interface: frame.interface, ordinal: frame.ordinal, linkType: frame.linkType,
      record: frame.record)
    unsafe frame.recordBytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      unsafe memory.copyMemory(from: start, byteCount: bytes.count)
    }
  }

  deinit { unsafe memory.deallocate() }
}
