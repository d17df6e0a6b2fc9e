/// Who sent a packet to whom, of one that belongs to no socket.
public struct PacketEnds: Hashable, Sendable, BitwiseCopyable {
  public var source: SocketInfo.Endpoint
  public var destination: SocketInfo.Endpoint
  /// `nil` where only the addresses could be read: the ports are 0 then and mean nothing.
  public var transport: SocketInfo.Transport?

  public init(
    _ source: SocketInfo.Endpoint, _ destination: SocketInfo.Endpoint,
    _ transport: SocketInfo.Transport? = nil
  ) {
    self.source = source
    self.destination = destination
    self.transport = transport
  }
}
