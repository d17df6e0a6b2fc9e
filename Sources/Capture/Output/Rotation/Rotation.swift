/// When a written capture goes on in another file. It depends on the packets alone.
public struct Rotation: Hashable, Sendable {
  /// A file becomes no larger than this, unless a single packet is.
  public var size: UInt64?
  /// How much packet time goes into a file, counted from the first packet of all.
  public var seconds: UInt32?
  /// How many files are kept; the oldest goes when there are more.
  public var count: Int?

  public init(size: UInt64? = nil, seconds: UInt32? = nil, count: Int? = nil) {
    self.size = size
    self.seconds = seconds
    self.count = count
  }
}
