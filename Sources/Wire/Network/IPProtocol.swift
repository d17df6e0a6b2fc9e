/// The number in IPv4's Protocol and IPv6's Next Header field.
@frozen
public struct IPProtocol: Hashable, Sendable, BitwiseCopyable {
  public var rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable public static var hopByHop: Self { Self(rawValue: 0) }
  @inlinable public static var icmp: Self { Self(rawValue: 1) }
  @inlinable public static var ipv4: Self { Self(rawValue: 4) }
  @inlinable public static var tcp: Self { Self(rawValue: 6) }
  @inlinable public static var udp: Self { Self(rawValue: 17) }
  @inlinable public static var ipv6: Self { Self(rawValue: 41) }
  @inlinable public static var routing: Self { Self(rawValue: 43) }
  @inlinable public static var fragment: Self { Self(rawValue: 44) }
  @inlinable public static var gre: Self { Self(rawValue: 47) }
  @inlinable public static var authentication: Self { Self(rawValue: 51) }
  @inlinable public static var icmpv6: Self { Self(rawValue: 58) }
  @inlinable public static var noNextHeader: Self { Self(rawValue: 59) }
  @inlinable public static var destinationOptions: Self { Self(rawValue: 60) }
  @inlinable public static var mobility: Self { Self(rawValue: 135) }

  /// Whether it is a header between IPv6 and what IPv6 carries, with the next one's number in its first
  /// byte (RFC 8200 §4).
  @inlinable public var isExtensionHeader: Bool {
    switch self {
    case .hopByHop, .routing, .fragment, .authentication, .destinationOptions, .mobility: true
    default: false
    }
  }
}
