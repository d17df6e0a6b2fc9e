/// What a frame's record in its capture file is like: the record's header lies in front of the frame's
/// bytes, and what else belongs to it (padding, options) behind them.
///
/// It keeps the lengths that were checked when the record was read: those in the file may change under
/// a reader.
@frozen
public struct FrameRecord: BitwiseCopyable, Hashable, Sendable {
  @frozen
  public enum Kind: UInt8, Sendable {
    /// The frame was not read from a record: it was built, or comes from an interface.
    case none = 0
    /// An enhanced packet block (draft-ietf-opsawg-pcapng, section 4.3).
    case enhanced
    /// The packet block that came before it (appendix A).
    case obsolete
    /// A simple packet block (section 4.4), which has no time.
    case simple
    /// A record of a pcap file with a header of 16 bytes.
    case pcap
    /// One with 24 bytes, of the modified format.
    case modifiedPcap
  }

  /// From the lowest bit on: 3 for the kind, 1 for the byte order, 28 for the words behind the frame.
  @usableFromInline let bits: UInt32

  public static let none = Self(.none, isBigEndian: false)

  /// - Parameter trailingWords: how many words of 32 bits stand behind the padded bytes of a frame, the
  ///   last length of the block left out. What is too many to be remembered is no record.
  @inlinable
  public init(_ kind: Kind, isBigEndian: Bool, trailingWords: Int = 0) {
    let fits = UInt(bitPattern: trailingWords) < 1 << 28
    let low = UInt32(kind.rawValue) | (isBigEndian ? 8 : 0)
    bits = fits ? low | UInt32(truncatingIfNeeded: trailingWords) << 4 : 0
  }

  @inlinable public var kind: Kind { Kind(rawValue: UInt8(bits & 7)) ?? .none }

  @inlinable public var isBigEndian: Bool { bits & 8 != 0 }

  /// Bytes behind the padded frame: the options of a block.
  @inlinable public var trailingLength: Int { Int(bits >> 4) * 4 }

  /// Whether it is a block of a pcapng file.
  @inlinable
  public var isBlock: Bool {
    switch kind {
    case .enhanced, .obsolete, .simple: true
    case .none, .pcap, .modifiedPcap: false
    }
  }

  /// Bytes in front of the frame.
  @inlinable
  public var headerLength: Int {
    switch kind {
    case .none: 0
    case .enhanced, .obsolete: 28
    case .simple: 12
    case .pcap: 16
    case .modifiedPcap: 24
    }
  }

  /// Bytes behind a frame of so many bytes.
  @inlinable
  public func tailLength(behind capturedLength: Int) -> Int {
    isBlock ? -capturedLength & 3 + trailingLength + 4 : 0
  }
}

extension Frame {
  /// All of the frame's record, header and options included; of a frame without one the frame.
  public var recordBytes: RawSpan {
    @_lifetime(borrow self) get {
      // In bounds by the contract of the initialiser.
      let span = unsafe RawSpan(
        _unsafeStart: base - record.headerLength, byteCount: recordLength)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// How long the record is, header and options included; of a frame without one the frame.
  public var recordLength: Int {
    record.headerLength + capturedLength + record.tailLength(behind: capturedLength)
  }

  /// The options of the frame's block, up to its end. A simple packet block has none.
  public var optionBytes: RawSpan {
    @_lifetime(borrow self) get {
      let hasOptions = record.kind == .enhanced || record.kind == .obsolete
      let start = hasOptions ? capturedLength + (-capturedLength & 3) : 0
      let span = unsafe RawSpan(
        _unsafeStart: base + start, byteCount: hasOptions ? record.trailingLength : 0)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }
}
