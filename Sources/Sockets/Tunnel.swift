public import Wire

/// The tunnel that a conversation goes through: what its first packet was packed in. Of several
/// tunnels in each other it is the innermost.
@frozen
public struct Tunnel: Hashable, Sendable, BitwiseCopyable {
  @frozen
  public enum Kind: UInt8, Hashable, Sendable, BitwiseCopyable {
    /// IP in IP (RFC 2003, RFC 2473, RFC 4213).
    case ip = 1
    /// RFC 2784, with Ethernet frames or IP packets in it, or PPP (RFC 2637).
    case gre
    case erspan
    case vxlan
    case geneve
    case teredo
    case gtpU
  }

  public var kind: Kind
  /// How many tunnels there are in each other.
  public var depth: Int
  /// What carries the innermost: the protocol behind the outer IP header.
  public var `protocol`: IPProtocol
  /// The addresses of the outer IP header.
  public var source: IPAddress
  public var destination: IPAddress
  /// The VNI of VXLAN and GENEVE, the TEID of GTP-U, the key of GRE, the session of ERSPAN.
  public var identifier: UInt32?

  @inlinable
  public init(
    kind: Kind, depth: Int, protocol: IPProtocol, source: IPAddress, destination: IPAddress,
    identifier: UInt32?
  ) {
    self.kind = kind
    self.depth = depth
    self.protocol = `protocol`
    self.source = source
    self.destination = destination
    self.identifier = identifier
  }
}

extension Tunnel {
  /// The IANA keyword of what carries it.
  public var protocolName: String {
    switch `protocol` {
    case .ipv4: "IPv4"
    case .ipv6: "IPv6"
    case .gre: "GRE"
    case .udp: "UDP"
    default: String(`protocol`.rawValue)
    }
  }
}

extension Tunnel.Kind {
  /// As records have it.
  public var name: String {
    switch self {
    case .ip: "ip"
    case .gre: "gre"
    case .erspan: "erspan"
    case .vxlan: "vxlan"
    case .geneve: "geneve"
    case .teredo: "teredo"
    case .gtpU: "gtp-u"
    }
  }
}
