package import Buffers
package import Sockets

/// Writes records in one of the shapes of `--format`.
///
/// Called from every worker at once.
package protocol RecordFormatter: Sendable {
  /// Appends one record as whole lines. `subject` is `nil` for records about the run.
  func append(_ record: Record, about subject: RecordSubject?, to output: inout TextBuffer)
}

/// What the head of a record speaks of.
package struct RecordSubject: Sendable {
  /// `nil` for a packet that belongs to none.
  package var socket: SocketInfo?
  /// Of such a packet: who sent it to whom, where that is known.
  package var ends: PacketEnds?
  package var packet: PacketInfo
  /// The capture that the packet comes from; `nil` on an interface.
  package var captureName: String?

  package init(socket: SocketInfo, packet: PacketInfo, captureName: String?) {
    self.socket = socket
    self.packet = packet
    self.captureName = captureName
  }

  package init(ends: PacketEnds?, packet: PacketInfo, captureName: String?) {
    self.ends = ends
    self.packet = packet
    self.captureName = captureName
  }
}
