/// Memory in which frames are built, one at a time.
public struct FrameScratch {
  public var bytes: [UInt8] = []

  public init() {}

  /// Makes it a copy of some bytes.
  public mutating func fill(_ source: RawSpan) {
    bytes.removeAll(keepingCapacity: true)
    append(source)
  }

  public mutating func append(_ source: RawSpan) {
    unsafe source.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  public mutating func append(_ source: ArraySlice<UInt8>) { bytes.append(contentsOf: source) }

  public mutating func append(zeros count: Int) {
    bytes.append(contentsOf: repeatElement(0, count: count))
  }

  /// Lends the bytes as a frame that has the time and the interface of another one.
  ///
  /// - Parameter cut: how many bytes were on the wire and are not here.
  public func lend(like frame: Frame, cut: Int = 0, _ body: (Frame) throws -> Void) rethrows {
    try unsafe bytes.withUnsafeBytes { memory in
      guard let base = memory.baseAddress else { return }
      try unsafe body(
        Frame(
          base: base, capturedLength: memory.count, originalLength: memory.count + cut,
          timestamp: frame.timestamp, stamp: frame.stamp, interface: frame.interface,
          ordinal: frame.ordinal, linkType: frame.linkType))
    }
  }
}
