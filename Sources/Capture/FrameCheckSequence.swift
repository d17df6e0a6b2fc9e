import CZlib

/// The check sequence behind an Ethernet frame (IEEE 802.3 §3.2.9): a CRC of 32 bits, its lowest byte
/// first.
public enum FrameCheckSequence {
  public static let length = 4

  /// Of a frame without it.
  public static func bytes(of frame: RawSpan) -> [UInt8] {
    let sum = unsafe frame.withUnsafeBytes { bytes in
      unsafe crc32(
        0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), uInt(bytes.count))
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: sum >> (8 * $0)) }
  }
}
