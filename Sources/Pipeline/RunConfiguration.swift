package import Analysis
package import Reassembly

/// What a run is asked to do.
package struct RunConfiguration: Sendable {
  /// The analyzers in the order of the command line.
  package var chain: [ChainLink] = []
  package var checksums: ChecksumMode = .auto
  /// Whether connections whose start was not seen become sockets.
  package var midstream = true
  /// Stop after this many packets.
  package var packetLimit: UInt64?
  /// `--flow`: only these sockets exist, and only their packets are written.
  package var isSelected: (@Sendable (SocketInfo) -> Bool)?
  /// The budget of all stores together, in bytes.
  package var memory = 1 << 30

  package init() {}
}

/// One analyzer of the chain and what it is shown.
package struct ChainLink: Sendable {
  package var name: String
  package var analyzer: any Analyzer
  package var selection: Selection

  package init(name: String, analyzer: any Analyzer, selection: Selection = Selection()) {
    self.name = name
    self.analyzer = analyzer
    self.selection = selection
  }
}
