public import Sockets
public import Wire

/// Which sockets, and which direction of them, an analyzer of the chain is shown: the settings
/// common to all analyzers (`port=`, `net=`, `direction=`, `filter=`).
public struct Selection: Hashable, Sendable {
  public struct Network: Hashable, Sendable {
    public var address: IPAddress
    public var prefixLength: Int
    public init(address: IPAddress, prefixLength: Int) {
      self.address = address
      self.prefixLength = prefixLength
    }
  }

  /// Ports of either end; empty for all.
  public var ports: [ClosedRange<UInt16>] = []
  /// Networks of either end; empty for all.
  public var networks: [Network] = []
  /// `nil` for both.
  public var direction: Direction?
  /// A BPF expression that the first packet has to match.
  public var filter: String?

  public init() {}

  /// Whether the ports and networks fit; `filter` is for who has the packet.
  public func includes(_ socket: SocketInfo) -> Bool {
    (ports.isEmpty
      || ports.contains { $0 ~= socket.originator.port || $0 ~= socket.responder.port })
      && (networks.isEmpty
        || networks.contains {
          socket.originator.address.isIn($0.address, prefixLength: $0.prefixLength)
            || socket.responder.address.isIn($0.address, prefixLength: $0.prefixLength)
        })
  }
}
