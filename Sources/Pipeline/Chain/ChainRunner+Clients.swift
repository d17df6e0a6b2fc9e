import Analysis
import Deferral
import Reassembly
import Sockets
import Synchronization

/// Which analyzer of the chain a client was waited for in vain: the run ends for it.
final class ClientAbsence: Sendable {
  private let absentLink = Mutex<Int?>(nil)

  var link: Int? { absentLink.withLock { $0 } }

  func note(_ link: Int) { absentLink.withLock { $0 = min($0 ?? link, link) } }
}

// Analyzers whose client, another process, may not be there (`--on-no-client`).
extension ChainRunner {
  /// Waits for the client of a link, where that is the policy; whether there is one now.
  @inline(never)
  func waitsSuccessfully(for client: any ClientAnalyzer, of link: Int) -> Bool {
    guard deferralConfiguration.onNoClient == .hold, absence.link == nil else { return false }
    let deadline = ContinuousClock.now + deferralConfiguration.clientPatience
    if client.waitForClient(until: deadline) { return true }
    absence.note(link)
    return false
  }

  /// A socket is there that links without a client were to look at.
  @inline(never)
  func attachedWithoutClient(
    _ socket: SocketView, _ interest: Interest, _ packet: PacketInfo
  ) -> SocketInterest {
    begin(socket, packet)
    let lacking = linksWithoutClient(of: socket)
    let deferred = makeDeferred(socket, interest)
    if absence.link == nil {
      for link in lacking { deferred.followNoClient(at: link) }
    }
    return wanted(of: deferred)
  }

  private func linksWithoutClient(of socket: SocketView) -> [Int] {
    if isSole { return [0] }
    let chain = chain(of: socket)
    return (0..<chain.count).filter { chain[$0].lacksClient }
  }
}
