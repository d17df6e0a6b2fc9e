import Buffers
import Wire

/// A frame of a capture that is made, or kept, in memory.
public struct CapturedFrame: Hashable, Sendable {
  public var bytes: [UInt8]
  /// How long it was on the wire.
  public var originalLength: Int
  public var timestamp: Timestamp
  public var linkType: LinkType

  /// A frame that was captured whole.
  public init(_ bytes: [UInt8], at timestamp: Timestamp, linkType: LinkType = .ethernet) {
    self.bytes = bytes
    originalLength = bytes.count
    self.timestamp = timestamp
    self.linkType = linkType
  }

  /// Copies a frame out of its batch.
  public init(_ frame: Frame) {
    bytes = frame.bytes.withUnsafeBytes { Array($0) }
    originalLength = frame.originalLength
    timestamp = frame.timestamp
    linkType = frame.linkType
  }

  /// Keeps the first bytes only, as a snap length does.
  public mutating func cut(to length: Int) { bytes.removeLast(max(bytes.count - length, 0)) }

  /// The same frame with a number put over two bytes, such as a checksum.
  public func replacing(_ offset: Int, with value: UInt16) -> Self {
    var copy = self
    copy.bytes[offset] = UInt8(value >> 8)
    copy.bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
    return copy
  }
}
