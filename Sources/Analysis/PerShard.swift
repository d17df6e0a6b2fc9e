public import Sockets

/// A state for each shard. Sockets of one shard are looked at by one worker at a time, so a state
/// needs no lock; and there are always 64, so that sums do not depend on the number of workers.
@frozen
public struct PerShard<State: AnyObject>: @unchecked Sendable {
  // Unchecked: a state is reached only from the worker that its shard belongs to, and after the run.
  @usableFromInline let states: [State]

  public init(_ make: () -> State) {
    states = (0..<Self.count).map { _ in make() }
  }

  public static var count: Int { 64 }

  /// The state of the shard that `socket` belongs to.
  @inlinable
  public subscript(socket: SocketInfo) -> State { states[socket.shard] }

  /// All states in the order of shards, for `finish`.
  public var all: [State] { states }
}
