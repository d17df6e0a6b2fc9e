// Wire is no product. These are the words of it that authors of analyzers use.
@_exported public import enum Wire.Direction
@_exported public import struct Wire.IPAddress
@_exported public import struct Wire.SocketID
@_exported public import enum Wire.TCPState
@_exported public import struct Wire.Timestamp
