/// The number in IPv4's Protocol and IPv6's Next Header field.
@frozen
public struct IPProtocol: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let hopByHop = Self(rawValue: 0)
  public static let icmp = Self(rawValue: 1)
  public static let tcp = Self(rawValue: 6)
  public static let udp = Self(rawValue: 17)
  public static let routing = Self(rawValue: 43)
  public static let fragment = Self(rawValue: 44)
  public static let authentication = Self(rawValue: 51)
  public static let icmpv6 = Self(rawValue: 58)
  public static let noNextHeader = Self(rawValue: 59)
  public static let destinationOptions = Self(rawValue: 60)
  public static let mobility = Self(rawValue: 135)
}
