import Analysis
import Analyzers
import Buffers
import Capture
import Pipeline
import Wire

/// Where the command line reaches the makers of the parts below it. Nothing else names them.
enum Parts {
  static var analyzers: [any Analyzer.Type] { BuiltIn.analyzers }

  static func openSource(_ path: String) throws(CaptureError) -> any PacketSource {
    try openCapture(path: path)
  }

  static func createSink(
    _ path: String, rotation: Rotation? = nil
  ) throws(CaptureError) -> any PacketSink {
    try createCapture(path: path, rotation: rotation)
  }

  static func formatter(_ format: LogFormat) -> any RecordFormatter {
    switch format {
    case .eve: EVEFormatter()
    case .text: TextFormatter()
    case .zeek: ZeekFormatter(.columns)
    case .zeekJSON: ZeekFormatter(.json)
    }
  }

  static func communityID(of socket: SocketInfo) -> String {
    CommunityID.text(for: socket)
  }
}
