/// A copy of a frame that outlives its batch.
@safe
public final class HeldFrame {
  private let memory: UnsafeMutableRawPointer
  public let count: Int
  /// Valid as long as this object lives.
  public let frame: Frame

  public init(_ frame: Frame) {
    count = frame.capturedLength
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
    unsafe self.memory = unsafe memory
    self.frame = unsafe Frame(
      base: memory, capturedLength: count, originalLength: frame.originalLength,
      timestamp: frame.timestamp, stamp: frame.stamp, interface: frame.interface,
      ordinal: frame.ordinal, linkType: frame.linkType)
    unsafe frame.bytes.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      unsafe memory.copyMemory(from: start, byteCount: bytes.count)
    }
  }

  deinit { unsafe memory.deallocate() }
}
