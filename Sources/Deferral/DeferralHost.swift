package import Analysis
package import Injection
package import Sockets

/// Who runs the chains that the deferral stage serves.
package protocol DeferralHost: AnyObject {
  /// The packet at hand, and the number of the call that it brings about.
  var currentCall: (packet: PacketInfo, step: UInt64) { get }

  /// Begins what no call of its own brings about: the number of a new call.
  func nextStep() -> UInt64

  /// An analyzer is about to be called, or a verdict recorded, for what a packet brought about: the one
  /// at hand, or an earlier one with the socket as it stood then.
  func enter(link: Int, packet: PacketInfo, step: UInt64, socket: SocketInfo?)

  /// The socket that is at hand, as it stands.
  func currentSocket() -> SocketInfo

  /// Lends the context for calls that no packet at hand brings about.
  func withContext(_ body: (inout Context) -> Void)

  func emit(_ record: Record)
  func name(ofLink link: Int) -> String

  /// An analyzer threw, or let a chunk go.
  func noteFailure(link: Int, _ error: any Error)
  /// A socket has no client.
  func noteNoClient(link: Int)
  /// No answer came by the deadline.
  func noteTimeout(link: Int)
  /// A verdict that makes no sense where it was given.
  func noteRefused(link: Int, _ verdict: Verdict)
  /// Edits that are not possible.
  func noteRefused(link: Int, _ obstacle: EditObstacle, edits: Int)
  /// An edit that is carried out, or would be with `--dry-run`.
  func noteEdit(link: Int)
}

/// Where it is noted what becomes of packets. Each deferred socket has it at hand, as that is what most
/// packets need of it.
package protocol PacketFates: AnyObject {
  /// What becomes of a packet is known now.
  func decide(packet ordinal: UInt64, _ outcome: PacketOutcome)
}
