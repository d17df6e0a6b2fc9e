public import Sockets

/// Something about a packet that a valid and complete capture of TCP does not have, or that is worth
/// a note.
public struct Complaint: Sendable {
  public var name: Name
  /// The packet that it is about; of a hole the one that left it.
  public var packet: PacketInfo
  /// Who sent that packet; `nil` where it belongs to no connection.
  public var direction: Direction?
  public var figures: [Figure]
  /// The connection as far as it is known; its streams are not filled in.
  public var socket: SocketInfo?
  /// Who sent the packet to whom, where there is no connection.
  public var ends: PacketEnds?
  /// How many of its name there have been in the connection with it, or outside of any.
  public var count: UInt64

  public var severity: Severity { name.severity }

  public enum Severity: String, Sendable, CaseIterable {
    /// It cannot be in a valid and complete capture of TCP.
    case error
    /// It is normal in life: loss, repetition, reordering.
    case note
  }

  /// A number that says more. Offsets count the bytes of the stream that they are about, 0 being
  /// the first one behind the SYN, or the first that was seen where the SYN was not.
  public struct Figure: Hashable, Sendable {
    public var name: String
    public var value: Int64

    public init(_ name: String, _ value: Int64) {
      self.name = name
      self.value = value
    }
  }

  /// The figure of that name.
  public subscript(figure: String) -> Int64? { figures.first { $0.name == figure }?.value }
}

extension Complaint: CustomStringConvertible {
  /// `ack_unseen of packet 7 (in), acknowledgment=100 seen=95`
  public var description: String {
    let way = direction.map { " (\($0))" } ?? ""
    let numbers = figures.map { " \($0.name)=\($0.value)" }.joined()
    return
      "\(name.rawValue) of packet \(packet.ordinal)\(way)\(numbers.isEmpty ? "" : ",")\(numbers)"
  }
}
