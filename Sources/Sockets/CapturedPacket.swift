public import Wire

/// A packet of a socket as it was captured: what its header says, with its numbers as stream offsets,
/// and where that lies in the frame. All that is needed to put other numbers in their place.
@frozen
public struct CapturedPacket: Sendable, BitwiseCopyable {
  public var info: PacketInfo
  public var direction: Direction
  public var traits: Traits
  /// Of TCP; else empty.
  public var flags: TCPFlags = []
  /// By how many bits `window` is scaled; means something with `.hasKnownShift`.
  public var windowShift: UInt8 = 0
  /// The same of the other end's windows; means something with `.hasKnownPeerShift`.
  public var peerWindowShift: UInt8 = 0
  /// TSval (RFC 7323 §3.2); means something with `.hasTimestamp`.
  public var timestamp: UInt32 = 0
  /// As it stands in the header.
  public var window: UInt16 = 0
  /// The largest segment that the receiver takes, options included (RFC 9293 §3.7.1); 0 where it did
  /// not say.
  public var segmentSize: UInt16 = 0
  /// The stream offset of the sequence number: of the first byte of text, of a SYN -1. Of a datagram,
  /// where it stands among the bytes of its direction. Negative before the start of the stream.
  public var offset: Int64 = 0
  /// The sequence number as it stands in the header.
  public var sequence: UInt32 = 0
  /// The offset in the other direction's stream of what is acknowledged; means something with
  /// `.acknowledges`. A FIN counts one byte.
  public var acknowledged: Int64 = 0
  /// Bytes of text as they were sent, and those of them that the capture holds.
  public var length: UInt32 = 0
  public var captured: UInt32 = 0
  /// Where the IP header, and behind it the transport header, begin in the frame.
  public var networkOffset: UInt32 = 0
  public var transportOffset: UInt32 = 0
  /// Bytes of the transport header.
  public var headerLength: UInt8 = 0
  /// The urgent pointer, of a segment with that flag.
  public var urgentPointer: UInt16 = 0
  /// How many of `blocks` mean something.
  public var blockCount: UInt8 = 0
  /// Selective acknowledgements, as distances from `acknowledged`.
  public var blocks: [4 of Block] = InlineArray(repeating: Block())

  @frozen
  public struct Block: Sendable, BitwiseCopyable {
    public var left: Int32 = 0
    public var right: Int32 = 0

    @inlinable
    public init(left: Int32 = 0, right: Int32 = 0) {
      self.left = left
      self.right = right
    }
  }

  @frozen
  public struct Traits: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt16
    @inlinable
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A TCP segment; else a datagram.
    @inlinable public static var tcp: Self { Self(rawValue: 1) }
    /// It acknowledges something of a stream that is known.
    @inlinable public static var acknowledges: Self { Self(rawValue: 2) }
    /// `windowShift` is known.
    @inlinable public static var hasKnownShift: Self { Self(rawValue: 4) }
    /// It was put together from fragments: its header lies in no frame.
    @inlinable public static var fragmented: Self { Self(rawValue: 8) }
    /// Its checksum is wrong, so that no receiver took it.
    @inlinable public static var isCorrupt: Self { Self(rawValue: 16) }
    /// There are layers around it (tunnels, MPLS, PPPoE).
    @inlinable public static var layered: Self { Self(rawValue: 32) }
    /// It speaks of what was not captured, or not yet: it acknowledges that, or stands behind it.
    @inlinable public static var speaksOfUnseen: Self { Self(rawValue: 64) }
    /// An ICMP error that quotes a packet: the numbers are those of the quoted header, and the direction
    /// that of the quoted packet. `networkOffset` is where the ICMP message begins, `captured` how
    /// much text is quoted.
    @inlinable public static var quote: Self { Self(rawValue: 1 << 12) }
    /// The IP header says 0, or does not say how long the packet is.
    @inlinable public static var zeroLength: Self { Self(rawValue: 128) }
    /// `timestamp` is there.
    @inlinable public static var hasTimestamp: Self { Self(rawValue: 256) }
    /// Nothing of the stream that it belongs to was seen before: where that begins is not known, and
    /// `offset` means nothing, unless it has text.
    @inlinable public static var beforeText: Self { Self(rawValue: 1024) }
    /// `peerWindowShift` is known.
    @inlinable public static var hasKnownPeerShift: Self { Self(rawValue: 512) }
  }

  @inlinable
  public init(_ info: PacketInfo, _ direction: Direction, _ traits: Traits) {
    self.info = info
    self.direction = direction
    self.traits = traits
  }

  /// Where its text begins in the stream: behind the SYN, where it is one.
  @inlinable
  public var textStart: Int64 { flags.contains(.syn) ? offset &+ 1 : offset }

  /// Where its text ends in the stream.
  @inlinable
  public var textEnd: Int64 { textStart &+ Int64(length) }

  /// The offset behind all of it: a FIN counts one byte.
  @inlinable
  public var end: Int64 { flags.contains(.fin) ? textEnd &+ 1 : textEnd }

  /// Whether the capture holds only a part of its text.
  @inlinable
  public var isTruncated: Bool { captured < length }
}
