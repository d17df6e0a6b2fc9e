/// The options of a TCP segment, walked one by one (RFC 9293 §3.2).
///
///     var options = segment.options
///     while let option = options.next() { … }
public struct TCPOptions: ~Escapable {
  @usableFromInline var rest: RawSpan

  @inlinable @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { rest = bytes }

  @frozen
  public enum Kind {
    public static var endOfList: UInt8 { 0 }
    public static var noOperation: UInt8 { 1 }
    public static var maximumSegmentSize: UInt8 { 2 }
    public static var windowScale: UInt8 { 3 }
    public static var sackPermitted: UInt8 { 4 }
    public static var sack: UInt8 { 5 }
    public static var timestamps: UInt8 { 8 }
    public static var md5Signature: UInt8 { 19 }
    public static var authentication: UInt8 { 29 }
    public static var multipath: UInt8 { 30 }
    public static var fastOpenCookie: UInt8 { 34 }
  }

  /// One option without its kind and length bytes.
  public struct Option: ~Escapable {
    public let kind: UInt8
    public let value: RawSpan

    @inlinable @_lifetime(copy value)
    init(kind: UInt8, value: RawSpan) {
      self.kind = kind
      self.value = value
    }
  }

  /// The next option that is not padding; `nil` at the end, and where a length is impossible:
  /// what stands behind such a length cannot be told from options.
  @inlinable @_lifetime(copy self)
  public mutating func next() -> Option? {
    while rest.byteCount > 0 {
      let kind = rest.byte(at: 0)
      if kind == Kind.endOfList { return nil }
      if kind == Kind.noOperation {
        rest = rest.extracting(droppingFirst: 1)
        continue
      }
      guard rest.byteCount >= 2 else { return nil }
      let length = Int(rest.byte(at: 1))
      guard length >= 2, length <= rest.byteCount else { return nil }
      let value = rest.extracting(2..<length)
      rest = rest.extracting(droppingFirst: length)
      return Option(kind: kind, value: value)
    }
    return nil
  }
}
