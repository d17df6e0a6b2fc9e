package import Analysis
import Buffers
package import Deferral
package import Reassembly

/// What a run is asked to do.
package struct RunConfiguration: Sendable {
  /// The analyzers in the order of the command line.
  package var chain: [ChainLink] = []
  package var checksums: ChecksumMode = .auto
  /// Which text is stream data.
  package var validity = ValidityMode.host
  /// Whether connections whose start was not seen become sockets.
  package var midstream = true
  /// What receivers do with TCP segments that overlap.
  package var tcpPolicy = ReassemblyConfiguration().tcpPolicy
  package var urgent = UrgentMode.inline
  /// Whether the bytes of frames stay where they are until the end of the input; told by the source.
  var framesStay = false
  /// Told of looks at frames that have waited, where these stay.
  var lateLooks: LateLooks?
  /// What receivers do with IP fragments that overlap.
  package var fragmentPolicy = ReassemblyConfiguration.standardFragmentPolicy
  /// Stop after this many packets.
  package var packetLimit: UInt64?
  /// `--flow`: only these sockets exist, and only their packets are written.
  package var isSelected: (@Sendable (SocketInfo) -> Bool)?
  /// The budget of all stores together, in bytes.
  package var memory = 1 << 30
  /// How many share the work; what comes of it is the same for every number.
  package var workers = 1
  package var dispatch = Dispatch.automatic
  /// How data waits for analyzers that do not answer at once.
  package var deferral = DeferralConfiguration()

  /// Whether packets are read and dissected ahead, on a thread of their own.
  package enum Dispatch: Sendable, CaseIterable {
    /// Ahead where it pays: a large file, and more than one processor.
    case automatic
    /// Ahead wherever frames stay in place.
    case ahead
    /// Each batch when it is asked for.
    case inStep
  }

  package init() {}

  /// What becomes of a packet that nobody says anything about; `nil` where none is written.
  var defaultFate: PacketFate? {
    guard deferral.writesPackets else { return nil }
    return isSelected == nil ? .written : .leftOut
  }

  var reassembly: ReassemblyConfiguration {
    var reassembly = ReassemblyConfiguration()
    reassembly.checksums = checksums
    reassembly.validity = validity
    reassembly.midstream = midstream
    reassembly.tcpPolicy = tcpPolicy
    reassembly.urgent = urgent
    reassembly.framesStay = framesStay
    reassembly.lateLooks = lateLooks
    reassembly.fragmentPolicy = fragmentPolicy
    reassembly.memory = MemoryPlan(memory: memory).stores
    reassembly.bytesPerSocket = bytesPerSocket
    return reassembly
  }
}

/// One analyzer of the chain and what it is shown.
package struct ChainLink: Sendable {
  package var name: String
  package let analyzer: any Analyzer
  /// The analyzer, where it needs a client. Asked once, as to look for a conformance takes long.
  let client: (any ClientAnalyzer)?
  package var selection: Selection

  package init(name: String, analyzer: any Analyzer, selection: Selection = Selection()) {
    self.name = name
    self.analyzer = analyzer
    client = analyzer as? any ClientAnalyzer
    self.selection = selection
  }
}
