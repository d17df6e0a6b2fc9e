public import Wire

/// What is known of a socket at the moment of asking. A value: it does not change afterwards.
@frozen
public struct SocketInfo: Sendable, BitwiseCopyable {
  @frozen
  public enum Transport: UInt8, Hashable, Sendable, BitwiseCopyable {
    case tcp = 6
    case udp = 17
  }

  @frozen
  public struct Endpoint: Hashable, Sendable, BitwiseCopyable {
    public var address: IPAddress
    public var port: UInt16

    @inlinable
    public init(address: IPAddress, port: UInt16) {
      self.address = address
      self.port = port
    }
  }

  public var id: SocketID
  /// Names the conversation: made of its ends, its tags and the time of its first packet, so that it
  /// is the same in every run. Below 2⁵¹, which every reader of JSON takes exactly.
  ///
  /// Worked out when it is asked for: most sockets of a scan are never named.
  @inlinable
  public var flowID: UInt64 { givenFlowID ?? mixedFlowID }
  @usableFromInline var givenFlowID: UInt64?
  public var transport: Transport
  /// Who sent the first SYN (TCP) or the first packet.
  public var originator: Endpoint
  public var responder: Endpoint
  /// VLAN identifiers, outermost first.
  public var vlans: VLANTags
  /// What the first packet was packed in; `nil` where it was in no tunnel.
  public var tunnel: Tunnel?
  /// Which of the 64 shards it belongs to: one worker at a time works on a shard.
  public var shard: Int
  /// Whether the start of the connection was not seen.
  public var isMidstream: Bool
  public var firstPacket: PacketInfo
  public var lastSeen: Timestamp
  /// When both ends had sent a FIN or a reset: what comes later carries nothing.
  public var closed: Timestamp?
  /// What happened to it, as letters.
  public var history = ConnectionHistory()
  /// Why neither of its streams can be changed; `nil` for what can, as far as is known.
  public var editObstacle: EditObstacle?
  /// Set once the conversation has ended.
  public var disconnectReason: DisconnectReason?
  /// What the originator sends.
  public var out: Stream
  /// What the responder sends.
  public var `in`: Stream

  @inlinable
  public subscript(direction: Direction) -> Stream {
    direction == .out ? out : self.in
  }

  /// Notes what waits of a direction, what was put into it, and what was taken out of it.
  @inlinable
  public mutating func setHeld(
    _ pending: UInt64, injected: UInt64, denied: UInt64, _ direction: Direction
  ) {
    if direction == .out {
      out.pendingBytes = pending
      out.injectedBytes = injected
      out.deniedBytes = denied
    } else {
      `in`.pendingBytes = pending
      `in`.injectedBytes = injected
      `in`.deniedBytes = denied
    }
  }

  /// One direction, named after its sender.
  @frozen
  public struct Stream: Hashable, Sendable, BitwiseCopyable {
    /// The sender's state (RFC 9293 §3.3.2), as far as the packets tell. `closed` for UDP.
    public var state: TCPState = .closed
    public var packets: UInt64 = 0
    /// Bytes of whole frames, as on the wire.
    public var frameBytes: UInt64 = 0
    /// Bytes of IP packets.
    public var ipBytes: UInt64 = 0
    /// Stream bytes (or datagram bytes) delivered in order.
    public var streamBytes: UInt64 = 0
    /// How long the stream was, by its sequence numbers and what the receiver acknowledged: with all
    /// that is missing. Of UDP, the bytes of all datagrams.
    public var sentBytes: UInt64 = 0
    public var gaps: UInt32 = 0
    public var gapBytes: UInt64 = 0
    public var retransmissions: UInt32 = 0
    public var outOfOrder: UInt32 = 0
    /// Held for a verdict, put into the stream, and taken out of it.
    public var pendingBytes: UInt64 = 0
    public var injectedBytes: UInt64 = 0
    public var deniedBytes: UInt64 = 0
    /// All TCP flags seen, ORed.
    public var tcpFlags: UInt8 = 0
    /// From the options of the SYN; `nil` where the SYN was not seen or did not carry them.
    public var maximumSegmentSize: UInt16?
    public var windowScale: UInt8?
    public var sackPermitted = false
    public var timestampsOffered = false

    @inlinable
    public init() {}
  }

  @inlinable
  public init(
    id: SocketID, flowID: UInt64? = nil, transport: Transport, originator: Endpoint,
    responder: Endpoint,
    vlans: VLANTags, tunnel: Tunnel? = nil, shard: Int, isMidstream: Bool, firstPacket: PacketInfo,
    lastSeen: Timestamp,
    disconnectReason: DisconnectReason?, out: Stream = Stream(), in: Stream = Stream()
  ) {
    self.id = id
    self.transport = transport
    self.originator = originator
    self.responder = responder
    self.vlans = vlans
    self.tunnel = tunnel
    self.shard = shard
    self.isMidstream = isMidstream
    self.firstPacket = firstPacket
    self.lastSeen = lastSeen
    self.disconnectReason = disconnectReason
    self.out = out
    self.in = `in`
    givenFlowID = flowID
  }

  @usableFromInline var mixedFlowID: UInt64 {
    var mixed = UInt64(bitPattern: firstPacket.timestamp.nanoseconds)
    func mix(_ value: UInt64) {
      let product = (mixed ^ value).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
      mixed = product.high ^ product.low ^ 0xD6E8_FEB8_6659_FD93
    }
    func mix(_ endpoint: Endpoint) {
      mix(endpoint.address.high)
      mix(endpoint.address.low)
      mix(UInt64(endpoint.port) << 8 | UInt64(transport.rawValue))
    }
    mix(originator)
    mix(responder)
    for vlan in vlans { mix(UInt64(vlan)) }
    if let tunnel {
      mix(tunnel.source.high)
      mix(tunnel.source.low)
      mix(tunnel.destination.high)
      mix(tunnel.destination.low)
      mix(UInt64(tunnel.identifier ?? 0) << 8 | UInt64(tunnel.kind.rawValue))
    }
    return mixed & (1 << 51 - 1)
  }
}

extension SocketInfo.Transport {
  /// `TCP` or `UDP`, as EVE writes it.
  public var name: String {
    switch self {
    case .tcp: "TCP"
    case .udp: "UDP"
    }
  }
}

extension SocketInfo.Endpoint: CustomStringConvertible {
  /// `192.0.2.1:80` or `[2001:db8::1]:80`.
  public var description: String {
    address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
  }
}
