import Reassembly

extension Run {
  /// Packets, bytes and sockets so far, to be asked for in `progress`. `nil` while workers on threads of
  /// their own have not answered: ask again after the next batch.
  package func summarySoFar() -> RunSummary? {
    var counts = ReassemblyCounts()
    let isSelecting = configuration.isSelected != nil
    let answers = workers.map { $0.askForCounts() }
    for answer in answers {
      guard let answer else { return nil }
      counts += isSelecting ? answer.selected : answer.all
    }
    for worker in workers { worker.forgetCounts() }
    var summary = self.summary
    summary.tcpSockets = counts.tcpSockets
    summary.udpSockets = counts.udpSockets
    return summary
  }
}
