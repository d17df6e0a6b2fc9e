import Glibc

/// Copies of bytes that have to outlive their packet, within a budget.
///
/// Reaching the budget is an ordinary outcome: `copy` answers `nil` and the caller gives up what it
/// can best do without.
@safe
public struct ByteStore: ~Copyable {
  /// The most bytes that may be held at once, overhead included.
  public let budget: Int
  /// Bytes held now, overhead included.
  public private(set) var used = 0
  /// Pieces held now.
  public private(set) var pieces = 0

  /// What a small piece costs besides its bytes: the allocator's header and the keeper's node.
  public static var overhead: Int { 64 }

  public init(budget: Int) { self.budget = budget }

  /// A piece of the store. Whoever has it releases it, once, to the store it came from.
  @safe
  public struct Piece: BitwiseCopyable {
    fileprivate let base: UnsafeMutableRawPointer
    public let count: Int

    /// Valid until the piece is released.
    public var bytes: RawSpan {
      @_lifetime(borrow self) get {
        let span = unsafe RawSpan(_unsafeStart: base, byteCount: count)
        return unsafe _overrideLifetime(span, borrowing: self)
      }
    }

    /// Whether the bytes from `offset` on are those of a span.
    public func holds(_ other: RawSpan, at offset: Int) -> Bool {
      precondition(offset >= 0 && other.byteCount <= count - offset)
      return unsafe other.withUnsafeBytes { other in
        guard let start = other.baseAddress else { return true }
        return unsafe memcmp(base + offset, start, other.count) == 0
      }
    }

    /// Appends a part of the bytes.
    public func append(_ range: Range<Int>, to bytes: inout [UInt8]) {
      precondition(range.lowerBound >= 0 && range.upperBound <= count)
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count))
    }

    /// Its first bytes, or its last ones, outside of the store.
    public func copy(first count: Int) -> [UInt8] { copy(0..<min(count, self.count)) }
    public func copy(last count: Int) -> [UInt8] {
      copy(self.count - min(count, self.count)..<self.count)
    }

    private func copy(_ range: Range<Int>) -> [UInt8] {
      unsafe bytes.extracting(range).withUnsafeBytes { unsafe Array($0) }
    }
  }

  /// Copies `bytes`; `nil` when the budget does not allow it.
  public mutating func copy(_ bytes: RawSpan) -> Piece? {
    let cost = bytes.byteCount &+ Self.overhead
    guard cost <= budget &- used, let memory = unsafe malloc(max(bytes.byteCount, 1)) else {
      return nil
    }
    unsafe bytes.withUnsafeBytes { source in
      if let start = source.baseAddress { unsafe memcpy(memory, start, source.count) }
    }
    used &+= cost
    pieces &+= 1
    return unsafe Piece(base: memory, count: bytes.byteCount)
  }

  /// Gives a piece back; its bytes may not be read afterwards.
  public mutating func release(_ piece: Piece) {
    unsafe free(piece.base)
    used &-= piece.count &+ Self.overhead
    pieces &-= 1
  }
}
