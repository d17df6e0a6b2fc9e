import Analysis
import Analyzers
import Buffers
import Capture
import Generation
import Pipeline
import Wire

/// Where the command line reaches the makers of the parts below it. Nothing else names them.
enum Parts {
  static var analyzers: [any Analyzer.Type] { BuiltIn.analyzers }

  static func openSource(_ path: String) throws(CaptureError) -> any PacketSource {
    try openCapture(path: path)
  }

  static func createSink(_ path: String) throws(CaptureError) -> any PacketSink {
    try createCapture(path: path)
  }

  static func formatter(_ format: LogFormat) -> any RecordFormatter {
    switch format {
    case .eve: EVEFormatter()
    case .text, .zeek: TextFormatter()
    }
  }

  static func communityID(of socket: SocketInfo) -> String {
    CommunityID.text(for: socket)
  }

  static func generate(
    _ request: GenerationRequest, into sink: any PacketSink
  ) throws -> GenerationResult {
    throw CommandFailure(.failed, "generate \(request.workload.rawValue): not in this build")
  }
}

/// What `sluice generate` is asked for; `nil` leaves it to the workload.
struct GenerationRequest {
  var workload: Workload
  var bytes: Int?
  var connections: Int?
  var seed: UInt64
  var isIPv6: Bool
  var vlan: UInt16?

  enum Workload: String, CaseIterable {
    case bulk, http, adverse, many
  }
}

struct GenerationResult {
  var packets: UInt64
  var connections: UInt64
  var streamBytes: UInt64
}
