package import Sockets

/// Writes records in one of the shapes of `--format`.
///
/// Called from every worker at once.
package protocol RecordFormatter: Sendable {
  /// Appends one record as whole lines. `socket` and `packet` are `nil` for records about the run.
  func append(_ record: Record, about subject: RecordSubject?, to output: inout [UInt8])
}

/// What the head of a record speaks of.
package struct RecordSubject: Sendable {
  package var socket: SocketInfo
  package var packet: PacketInfo
  /// The capture that the packet comes from; `nil` on an interface.
  package var captureName: String?

  package init(socket: SocketInfo, packet: PacketInfo, captureName: String?) {
    self.socket = socket
    self.packet = packet
    self.captureName = captureName
  }
}
