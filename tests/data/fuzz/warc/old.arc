filedesc://a.arc 0.0.0.0 20240501123000 text/plain 20
1 0 X
URL IP T L
 


https://s.example/feed 1.2.3.4 20240501123000 text/xml 106
HTTP/1.1 200 OK
Content-Type: text/xml

<rss version='2.0'><channel><title>News</title></channel></rss>
