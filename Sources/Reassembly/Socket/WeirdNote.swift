public import Sockets

/// An oddity, and where it was seen.
public struct WeirdNote: Hashable, Sendable, BitwiseCopyable {
  public var name: Weird
  /// Whose packet it was; `nil` where it concerns both.
  public var direction: Direction?
  /// The place in that direction's stream, and how many bytes are concerned; `nil` where it is about
  /// no bytes. Of conflicts that are not written (`WeirdSample`) the length is not measured, and 0.
  public var offset: UInt64?
  public var length: UInt64 = 0
  /// What else there is to it, by its name: an option, a byte, the flow_id of an earlier socket,
  /// the type and code of an ICMP message.
  public var value: UInt64?
  /// How often the socket had it, this time included; 0 where that is not known.
  public var count: UInt32 = 0

  public init(
    _ name: Weird, _ direction: Direction? = nil, offset: UInt64? = nil, length: UInt64 = 0,
    value: UInt64? = nil, count: UInt32 = 0
  ) {
    self.name = name
    self.direction = direction
    self.offset = offset
    self.length = length
    self.value = value
    self.count = count
  }
}
