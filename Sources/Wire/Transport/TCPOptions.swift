/// The options of a TCP segment, walked one by one (RFC 9293 §3.2).
///
///     var options = segment.options
///     while let option = options.next() { … }
public struct TCPOptions: ~Escapable {
  @usableFromInline let bytes: RawSpan
  @usableFromInline var position = 0
  @usableFromInline var hasImpossibleLength = false

  /// Whether `next` came to a length that is impossible.
  public var isMalformed: Bool { hasImpossibleLength }

  @inlinable @_lifetime(copy bytes)
  init(_ bytes: RawSpan) { self.bytes = bytes }

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
    let count = bytes.byteCount
    while position < count {
      let kind = bytes.byte(at: position)
      if kind == Kind.noOperation {
        position &+= 1
        continue
      }
      guard kind != Kind.endOfList else { break }
      let length = position &+ 1 < count ? Int(bytes.byte(at: position &+ 1)) : 0
      guard length >= 2, length <= count &- position else {
        hasImpossibleLength = true
        break
      }
      let value = bytes.extracting((position &+ 2)..<(position &+ length))
      position &+= length
      return Option(kind: kind, value: value)
    }
    position = count
    return nil
  }
}
